"""The JSON Schema with which editors complete and check a spec, generated from the grammar."""

from __future__ import annotations

from typing import Any

from meshgen.spec.grammar.names import CLASS, FIELD, MAX_LENGTH, UNIT, NameRule
from meshgen.spec.grammar.shapes import (
    AnyValue,
    Choice,
    Constant,
    Construct,
    Duration,
    Expression,
    FieldName,
    Flag,
    FormerName,
    Integer,
    ItemOf,
    Key,
    Kind,
    Limit,
    ListOf,
    MapOf,
    NewName,
    OneOf,
    PortCall,
    QueryCall,
    Reference,
    Shape,
    Text,
    TypeNotation,
    UnitName,
)
from meshgen.spec.grammar.system import SPEC

Schema = dict[str, Any]

_UNIT = UNIT.pattern.pattern
_CLASS = CLASS.pattern.pattern
_REFERENCES = {
    "near": _CLASS,
    "far": rf"{_UNIT}\.{_CLASS}",
    "any": rf"({_UNIT}\.)?{_CLASS}",
}
_LIMITS: dict[str, Schema] = {
    "number": {"type": "number"},
    "count": {"type": "integer"},
    "pattern": {"type": "string"},
}


def schema_of_specs() -> Schema:
    """Return the schema of a whole spec."""
    defs: Schema = {}
    top = _Writer(defs).construct(SPEC)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A meshgen spec",
        **top,
        "$defs": dict(sorted(defs.items())),
    }


class _Writer:
    """Writes one definition per construct."""

    def __init__(self, defs: Schema) -> None:
        self.defs = defs

    def construct(self, construct: Construct) -> Schema:
        found: Schema = {
            "description": construct.meaning,
            "type": ["object", "null"] if construct.or_empty else "object",
            "properties": {key.name: self.key(key) for key in construct.keys},
        }
        if required := [key.name for key in construct.required]:
            found["required"] = required
        if construct.beside:
            beside = self.shape(construct.beside)
            found["propertyNames"] = beside["propertyNames"]
            found["additionalProperties"] = beside["additionalProperties"]
        else:
            found["additionalProperties"] = False
        if construct.alternatives:
            found["oneOf"] = [{"required": [name]} for name in construct.alternatives]
        return found

    def key(self, key: Key) -> Schema:
        absent = f" If left out: {key.otherwise}." if key.otherwise else ""
        found = {"description": key.meaning + absent, **self.shape(key.shape)}
        if key.default is not None:
            found["default"] = key.default
        return found

    def shape(self, shape: Shape) -> Schema:
        match shape:
            case Construct():
                return self.defined(shape)
            case ListOf():
                return self.list_of(shape)
            case MapOf():
                return self.map_of(shape)
            case OneOf():
                return {"oneOf": [self.shape(form) for form in shape.forms]}
            case _:
                return _scalar(shape)

    def defined(self, construct: Construct) -> Schema:
        first, *others = construct.name.split()
        name = first + "".join(word.capitalize() for word in others)
        if name not in self.defs:
            self.defs[name] = {}  # reserves it: constructs may be recursive
            self.defs[name] = self.construct(construct)
        return {"$ref": f"#/$defs/{name}"}

    def list_of(self, shape: ListOf) -> Schema:
        item = self.shape(shape.item)
        found: Schema = {"type": "array", "items": item}
        if shape.least:
            found["minItems"] = shape.least
        if shape.most:
            found["maxItems"] = shape.most
        if shape.unique or shape.single:
            found["uniqueItems"] = True
        return {"oneOf": [item, found]} if shape.single else found

    def map_of(self, shape: MapOf) -> Schema:
        found: Schema = {
            "type": ["object", "null"] if shape.or_empty else "object",
            "propertyNames": _key(shape.key),
            "additionalProperties": self.shape(shape.value),
        }
        if shape.least:
            found["minProperties"] = shape.least
        if shape.most:
            found["maxProperties"] = shape.most
        return found


def _key(key: Kind | NewName | FieldName | Reference | Text) -> Schema:
    return _named(key.rule) if isinstance(key, Kind) else _scalar(key)


def _named(rule: NameRule) -> Schema:
    return {**_matching(rule.pattern.pattern), "maxLength": MAX_LENGTH}


def _matching(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^({pattern})$"}


def _scalar(shape: Shape) -> Schema:
    match shape:
        case Text():
            return _text(shape)
        case Choice(words=words):
            return {"enum": list(words)}
        case Constant(value=value):
            return {"const": value}
        case Flag():
            return {"type": "boolean"}
        case Integer(least=least, most=most):
            return {"type": "integer", "minimum": least, "maximum": most}
        case Limit():
            return _limit(shape)
        case Duration(pattern=pattern):
            return _matching(pattern)
        case NewName(rule=rule) | FormerName(rule=rule):
            return _named(rule)
        case FieldName(sorted=ordered):
            name = FIELD.pattern.pattern
            return _matching(rf"{name}( +(asc|desc))?") if ordered else _named(FIELD)
        case Reference(places=places):
            return _matching(_REFERENCES[places])
        case UnitName():
            return _named(UNIT)
        case TypeNotation() | PortCall():
            return {"type": "string"}
        case ItemOf():
            return {"type": "string", "pattern": r"^\s*\S+\s+in\s"}
        case QueryCall():
            return {"type": "string", "pattern": rf"^\s*{_UNIT}\s*\.\s*{_CLASS}\s*\("}
        case Expression():
            return {"type": ["string", "number", "boolean", "null"]}
        case AnyValue():
            return {}
        case _:  # pragma: no cover - collections are written by `_Writer`
            raise TypeError(shape)


def _limit(shape: Limit) -> Schema:
    found = dict(_LIMITS[shape.value])
    if shape.most is not None:
        found |= {"minimum": 0 if shape.value == "count" else -shape.most, "maximum": shape.most}
    return found


def _text(shape: Text) -> Schema:
    found: Schema = _matching(shape.pattern) if shape.pattern else {"type": "string"}
    if shape.most:
        found["maxLength"] = shape.most
    if shape.format:
        found["format"] = shape.format
    return found
