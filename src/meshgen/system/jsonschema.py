"""JSON Schema (draft 2020-12) of the spec's messages and values."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from meshgen.spec.model import Enum, Field, Missing, ValueObject
from meshgen.spec.types import EnumType, ListType, MapType, ObjectType, OptionalType, Scalar, Type
from meshgen.system.index import Index
from meshgen.system.model import ContractModule

Json = dict[str, object]

_COMMAND = "chassis.messages.Command"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCALARS: dict[str, Json] = {
    "string": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "decimal": {"type": "string", "format": "decimal"},
    "bool": {"type": "boolean"},
    "uuid": {"type": "string", "format": "uuid"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
_BOUNDS = {
    "min": "minimum",
    "max": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "min_items": "minItems",
    "max_items": "maxItems",
}


def contract_modules(index: Index) -> tuple[ContractModule, ...]:
    """Return the contracts of `index.spec`: a module for the shared types, one for each service."""
    modules = []
    if index.spec.types:
        modules.append(_module("types", [(t.name, _shared(t, "types")) for t in index.spec.types]))
    for service in index.spec.services:
        events = [
            (of.event.name, _object(of.fields, "Event", of.event.summary, None))
            for (unit, _), of in index.events.items()
            if unit == service.name
        ]
        commands = [
            (of.command.name, _object(of.fields, "Command", of.command.summary, None))
            for (unit, _), of in index.commands.items()
            if unit == service.name
        ]
        modules.append(_module(service.name, [*events, *commands]))
    return tuple(modules)


def _module(name: str, definitions: Iterable[tuple[str, Json]]) -> ContractModule:
    document: Json = {"$schema": _DIALECT, "title": name, "$defs": dict(definitions)}
    return ContractModule(name=name, published=_published(document), schema=document)


def _published(node: object) -> Json:
    """The document as others read it: without the generator's hints, decimals as strings."""
    cleaned = _cleaned(node)
    assert isinstance(cleaned, dict)
    return cleaned


def _cleaned(node: object) -> object:
    if isinstance(node, list):
        return [_cleaned(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _cleaned(value) for key, value in node.items() if key != "customBasePath"}
    if node.get("customBasePath") == _COMMAND:
        kept["additionalProperties"] = False  # for the generator the base class says so
    if kept.get("format") == "decimal":
        bounds = {"minimum", "maximum"}
        kept = {key: value for key, value in kept.items() if key not in bounds}
        kept["type"] = ["string", "null"] if "null" in str(kept["type"]) else "string"
    return kept


def _shared(type_: Enum | ValueObject, module: str) -> Json:
    if isinstance(type_, Enum):
        return {"type": "string", "enum": list(type_.members)}
    return _object(type_.fields, "Value", None, module)


def _object(fields: tuple[Field, ...], base: str, summary: str | None, module: str | None) -> Json:
    schema: Json = {
        "type": "object",
        **({"description": summary} if summary else {}),
        "customBasePath": f"chassis.messages.{base}",
        "properties": {field.name: _property(field, module) for field in fields},
        "required": [field.name for field in fields if _required(field)],
    }
    return schema


def _required(field: Field) -> bool:
    return isinstance(field.default, Missing) and not isinstance(field.type, OptionalType)


def _property(field: Field, module: str | None) -> Json:
    schema = _type(field.type, module)
    bounds = {
        keyword: getattr(field, name)
        for name, keyword in _BOUNDS.items()
        if getattr(field, name) is not None
    }
    schema |= bounds
    if not isinstance(field.default, Missing):
        plain = isinstance(field.default, Decimal)
        schema["default"] = str(field.default) if plain else field.default
    elif isinstance(field.type, OptionalType):
        schema["default"] = None
    return schema


def _type(type_: Type, module: str | None) -> Json:
    match type_:
        case Scalar("decimal"):
            # As a number the generator keeps its bounds; `_published` says what is on the wire.
            return {"type": "number", "format": "decimal"}
        case Scalar(name):
            return dict(_SCALARS[name])
        case EnumType(name) | ObjectType(name):
            document = "" if module == "types" else "types.json"
            return {"$ref": f"{document}#/$defs/{name}"}
        case ListType(item):
            return {"type": "array", "items": _type(item, module)}
        case MapType(_, value):
            return {"type": "object", "additionalProperties": _type(value, module)}
        case OptionalType(item):
            schema = _type(item, module)
            if isinstance(schema.get("type"), str):
                return {**schema, "type": [schema["type"], "null"]}
            return {"anyOf": [schema, {"type": "null"}]}
