"""The JSON Schemas of what is sent over HTTP, where fields have their names of today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeAlias

from meshgen.spec.analysis.kinds import bare
from meshgen.spec.model import Aggregate, Enum, Field, Missing
from meshgen.spec.types import (
    STRING,
    EnumType,
    ListType,
    MapType,
    ObjectType,
    OptionalType,
    Scalar,
    Type,
)
from meshgen.system.index import Index
from meshgen.system.jsonschema import bounds, enum_values, is_required

Json: TypeAlias = dict[str, Any]

_NULL = {"type": "null"}
_SCALARS: dict[str, Json] = {
    "string": {"type": "string"},
    "int": {"type": "integer", "format": "int64"},
    "float": {"type": "number", "format": "double"},
    "decimal": {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    "bool": {"type": "boolean"},
    "uuid": {"type": "string", "format": "uuid"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}


class Schemas:
    """The schemas of a document by name; they are added as operations need them."""

    def __init__(self, index: Index) -> None:
        self._types = {type_.name: type_ for type_ in index.spec.types}
        self._taken = {*self._types, *(name for _, name in index.commands)}
        self._identities = index.identities
        self.named: dict[str, Json] = {}

    def body(self, command: str, fields: tuple[Field, ...], generated: str) -> Json:
        """Add what clients send of a command; they need not give the id `generated`."""
        schema = self._object(fields, (f for f in fields if f.name != generated))
        self.named[command] = schema | {"additionalProperties": False}
        return reference(command)

    def shown(self, name: str, fields: tuple[Field, ...]) -> Json:
        """Add a state or a row, whose fields are always given."""
        self.named[name] = {
            "type": "object",
            "properties": {field.name: self._type(field.type) for field in fields},
            "required": [field.name for field in fields],
        }
        return reference(name)

    def excerpt(self, name: str, fields: tuple[Field, ...], shown: tuple[str, ...]) -> Json:
        """Add a state of which only the fields `shown` are given, if there are any."""
        if not shown:
            return self.shown(name, fields)
        by_name = {field.name: field for field in fields}
        free = self._free(f"{name}Excerpt")
        return self.shown(free, tuple(by_name[each] for each in shown))

    def outcome(self, aggregate: Aggregate) -> Json:
        """Add what answers the commands of an aggregate."""
        example = aggregate.events[0].name
        fields = _outcome(aggregate, {"type": "string", "examples": [example]})
        return self._add(f"{aggregate.name}Outcome", fields)

    def page(self, of: str) -> Json:
        """Add what answers a search."""
        return self._add(f"{of}Page", _page(of))

    def record(self, name: str, fields: Json) -> Json:
        """Add an object that always has `fields`."""
        self.named[name] = {"type": "object", "properties": fields, "required": list(fields)}
        return reference(name)

    def page_of(self, model: str) -> Json:
        """Add a page of what a backend-for-frontend has a model of."""
        return self.record(f"{model}Page", _page(model))

    def outcome_of(self, name: str, aggregate: Aggregate) -> Json:
        """Add what a backend-for-frontend has of the outcome of a command."""
        return self.record(name, _outcome(aggregate, {"type": "string"}))

    def sent(
        self, name: str, fields: tuple[Field, ...], *, generated: str, description: str
    ) -> Json:
        """Add what clients send to a backend-for-frontend; the id `generated` may be null."""
        allowed = [
            replace(field, type=OptionalType(field.type)) if field.name == generated else field
            for field in fields
        ]
        schema = self._object(allowed, allowed)
        self.named[name] = schema | {"additionalProperties": False, "description": description}
        return reference(name)

    def parameter(self, field: Field) -> Json:
        """Return the schema of a field as that of a parameter, which is never null."""
        return self._type(bare(field.type))

    def _add(self, name: str, fields: Json) -> Json:
        return self.record(self._free(name), fields)

    def _free(self, name: str) -> str:
        while name in self._taken:
            name += "2"
        return name

    def _object(self, fields: Iterable[Field], needed: Iterable[Field]) -> Json:
        required = [field.name for field in needed if is_required(field)]
        return {
            "type": "object",
            "properties": {field.name: self._property(field) for field in fields},
            **({"required": required} if required else {}),
        }

    def _property(self, field: Field) -> Json:
        schema = self._type(field.type)
        found = bounds(field)
        if bare(field.type) == Scalar("decimal"):
            least, most = found.pop("minimum", None), found.pop("maximum", None)
            said = [
                *([f"At least {least}."] if least is not None else []),
                *([f"At most {most}."] if most is not None else []),
            ]
            if said:
                one = least if least is not None else most
                found |= {"description": " ".join(said), "examples": [str(one)]}
        schema |= found
        if not isinstance(field.default, Missing) and field.default is not None:
            schema["default"] = self._default(field)
        return schema

    def _default(self, field: Field) -> object:
        kind = bare(field.type)
        if isinstance(kind, EnumType):
            path = ("types", kind.name, "values", str(field.default))
            return self._identities.id(*path)
        return str(field.default) if isinstance(field.default, Decimal) else field.default

    def _type(self, type_: Type) -> Json:
        match type_:
            case Scalar(name):
                return dict(_SCALARS[name])
            case EnumType(name) | ObjectType(name):
                self._add_type(name)
                return reference(name)
            case ListType(item):
                return {"type": "array", "items": self._type(item)}
            case MapType(key, value):
                schema = {"type": "object", "additionalProperties": self._type(value)}
                form = _SCALARS[key.name].get("format") if key != STRING else None
                if form and _SCALARS[key.name]["type"] == "string":
                    schema["propertyNames"] = {"format": form}
                return schema
            case OptionalType(item):
                schema = self._type(item)
                if "type" in schema:
                    return {**schema, "type": [schema["type"], "null"]}
                return {"anyOf": [schema, _NULL]}

    def _add_type(self, name: str) -> None:
        if name in self.named:
            return
        type_ = self._types[name]
        if isinstance(type_, Enum):
            values = enum_values(type_, self._identities)
            self.named[name] = {"type": "string", "enum": values}
            return
        self.named[name] = {}  # it may contain itself
        self.named[name] = self._object(type_.fields, type_.fields)


def _page(of: str) -> Json:
    next = {"type": ["string", "null"], "examples": [None]}
    return {"items": {"type": "array", "items": reference(of)}, "next": next}


def _outcome(aggregate: Aggregate, event: Json) -> Json:
    """Return the fields of an outcome; `event` is the schema of the name of an event."""
    return {
        aggregate.id: _SCALARS["uuid"],
        "version": _SCALARS["int"],
        "events": {"type": "array", "items": event},
    }


def reference(name: str) -> Json:
    """Return a reference to the schema with a name."""
    return {"$ref": f"#/components/schemas/{name}"}
