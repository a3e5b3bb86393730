"""JSON Schema (draft 2020-12) of the spec's messages and values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from meshgen.identities import Identities
from meshgen.matching import matching
from meshgen.spec.analysis.kinds import bare
from meshgen.spec.model import Enum, Field, Missing, ValueObject
from meshgen.spec.types import EnumType, ListType, MapType, ObjectType, OptionalType, Scalar, Type
from meshgen.system.index import Index
from meshgen.system.model import ContractModule

Json = dict[str, object]

_COMMAND = "chassis.messages.Command"
_NAMES = "x-enum-varnames"
_HINTS = ("customBasePath", _NAMES)
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
_BOUNDS_OF_MAPS = {"min_items": "minProperties", "max_items": "maxProperties"}


def contract_modules(index: Index) -> tuple[ContractModule, ...]:
    """Return the contracts of `index.spec`: a module for the shared types, and one per unit.

    They describe messages on the wire, where keys and values are identities.
    """
    modules = []
    if index.spec.types:
        shapes = [_shape_of(type_, index.identities) for type_ in index.spec.types]
        modules.append(_module("types", shapes))
    for service in index.spec.services:
        shapes = [*_events(service.name, index), *_commands(service.name, index)]
        modules.append(_module(service.name, shapes))
    for stream in index.spec.streams:
        if stream.emits:
            modules.append(_module(stream.name, _events(stream.name, index)))
    return tuple(modules)


def _events(unit: str, index: Index) -> list[_Shape]:
    found = []
    for of in (of for of in index.events.values() if of.unit == unit):
        path = (index.spec.section(unit), unit, "events", of.event.name, "fields")
        keys = {field.name: index.identities.id(*path, field.name) for field in of.fields}
        keys |= {name: name for name in of.subject}
        shape = _object(of.event.name, of.fields, keys, "Event", of.event.summary, index.identities)
        found.append(shape)
    return found


def _commands(unit: str, index: Index) -> list[_Shape]:
    found = []
    for of in (of for of in index.commands.values() if of.service.name == unit):
        name, summary = of.command.name, of.command.summary
        path = ("services", unit, "commands", name, "fields")
        keys = {field.name: index.identities.id(*path, field.name) for field in of.fields}
        keys[of.aggregate.id] = of.aggregate.id
        found.append(_object(name, of.fields, keys, "Command", summary, index.identities))
    return found


@dataclass(frozen=True, slots=True)
class _Shape:
    """A definition, and the names of fields whose keys differ."""

    name: str
    schema: Json
    renamed: Mapping[str, str]


def _module(name: str, shapes: Iterable[_Shape]) -> ContractModule:
    known = tuple(shapes)
    definitions = {shape.name: shape.schema for shape in known}
    document: Json = {"$schema": _DIALECT, "title": name, "$defs": definitions}
    aliases = {f"{s.name}.{key}": field for s in known for key, field in s.renamed.items()}
    return ContractModule(
        name=name, published=_published(document), schema=document, aliases=aliases
    )


def _shape_of(type_: Enum | ValueObject, ids: Identities) -> _Shape:
    path = ("types", type_.name)
    if isinstance(type_, Enum):
        return _Shape(type_.name, _enum(type_, ids), {})
    keys = {field.name: ids.id(*path, "fields", field.name) for field in type_.fields}
    return _object(type_.name, type_.fields, keys, "Value", None, ids)


def _enum(enum: Enum, ids: Identities) -> Json:
    values = enum_values(enum, ids)
    schema: Json = {"type": "string", "enum": values}
    return schema if values == list(enum.members) else {**schema, _NAMES: list(enum.members)}


def enum_values(enum: Enum, ids: Identities) -> list[str]:
    """Return the values of the members of an enum in JSON."""
    return [ids.id("types", enum.name, "values", member) for member in enum.members]


def _published(node: object) -> Json:
    """Return the published document.

    It has no hints for our own code generator, decimals are strings, and each definition has its
    name as `title`, by which other generators name classes.
    """
    cleaned = _cleaned(node)
    assert isinstance(cleaned, dict)
    definitions = {name: {"title": name, **schema} for name, schema in cleaned["$defs"].items()}
    return {**cleaned, "$defs": definitions}


def _cleaned(node: object) -> object:
    if isinstance(node, list):
        return [_cleaned(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _cleaned(value) for key, value in node.items() if key not in _HINTS}
    if node.get("customBasePath") == _COMMAND:
        kept["additionalProperties"] = False  # implied by the base class in generated code
    if kept.get("format") == "decimal":
        bounds = {"minimum", "maximum"}
        kept = {key: value for key, value in kept.items() if key not in bounds}
        kept["type"] = ["string", "null"] if "null" in str(kept["type"]) else "string"
    return kept


def _object(
    name: str,
    fields: tuple[Field, ...],
    keys: Mapping[str, str],
    base: str,
    summary: str | None,
    ids: Identities,
) -> _Shape:
    module = "types" if base == "Value" else None
    schema: Json = {
        "type": "object",
        **({"description": summary} if summary else {}),
        "customBasePath": f"chassis.messages.{base}",
        "properties": {keys[field.name]: _property(field, module, ids) for field in fields},
        "required": [keys[field.name] for field in fields if is_required(field)],
    }
    return _Shape(name, schema, {key: name for name, key in keys.items() if name != key})


def is_required(field: Field) -> bool:
    """Tell whether a message must have a field."""
    return isinstance(field.default, Missing) and not isinstance(field.type, OptionalType)


def _property(field: Field, module: str | None, ids: Identities) -> Json:
    schema = _type(field.type, module)
    schema |= bounds(field)
    if not isinstance(field.default, Missing):
        schema["default"] = _default(field, ids)
    elif isinstance(field.type, OptionalType):
        schema["default"] = None
    return schema


def bounds(field: Field) -> Json:
    """Return the keywords for the bounds of a field, with an example of what has a pattern."""
    keywords = _BOUNDS | (_BOUNDS_OF_MAPS if isinstance(bare(field.type), MapType) else {})
    found = {
        keyword: getattr(field, name)
        for name, keyword in keywords.items()
        if getattr(field, name) is not None
    }
    return found | ({"examples": [text]} if (text := matching_text(field)) is not None else {})


def matching_text(field: Field) -> str | None:
    """Return a text with the pattern of a field, if it has one."""
    if field.pattern is None:
        return None
    text = matching(field.pattern, field.min_length or 0)
    fits = text is not None and (field.max_length is None or len(text) <= field.max_length)
    return text if fits else None


def _default(field: Field, ids: Identities) -> object:
    kind = bare(field.type)
    if isinstance(kind, EnumType) and isinstance(field.default, str):
        return ids.id("types", kind.name, "values", field.default)
    return str(field.default) if isinstance(field.default, Decimal) else field.default


def _type(type_: Type, module: str | None) -> Json:
    match type_:
        case Scalar("decimal"):
            # The generator keeps the bounds of numbers only; `_published` makes it a string.
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
