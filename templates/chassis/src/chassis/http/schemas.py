"""JSON Schemas of messages, states and rows, as OpenAPI 3.1 documents have them.

They are pydantic's, without the titles that it makes of names, and with what numbers are in JSON:
decimals are text, integers have 64 bits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from chassis.http.openapi import SCHEMAS, Schema
from chassis.messages import Command
from chassis.models import Body

_DECIMAL = {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}

_GENERIC = re.compile(r"(\w+)\[(\w+)\]")


class Schemas:
    """The schemas of some classes and of all that they contain, by name."""

    def __init__(self, types: Iterable[Any]) -> None:
        """Make the schemas of what is sent, and of what is answered: its fields are always given.

        Args:
            types: Commands, bodies, states, rows and answers, and the types of parameters.
        """
        inputs = [(each, TypeAdapter[Any](each)) for each in dict.fromkeys(types)]
        self._of, document = TypeAdapter.json_schemas(
            [(each, "validation", adapter) for each, adapter in inputs],
            ref_template=f"{SCHEMAS}{{model}}",
            schema_generator=_Generator,
        )
        self.named: dict[str, Schema] = document.get("$defs", {})
        for schema in self.named.values():
            _plain(schema)
        for each, _ in inputs:
            schema = self.named.get(_name(self.of(each)), {})
            if "properties" in schema and not issubclass(each, Command | Body):
                _given(schema)

    def of(self, type_: Any) -> Schema:
        """Return the schema of one of the types, or a reference to it."""
        return self._of[type_, "validation"]

    def field(self, of: type, name: str) -> Schema:
        """Return the schema of a field as that of a parameter, which is never null."""
        schema = dict(self.named[of.__name__]["properties"][name])
        schema.pop("default", None)
        if "anyOf" in schema:
            (schema,) = [each for each in schema["anyOf"] if each != {"type": "null"}]
        if isinstance(schema.get("type"), list):
            schema["type"] = schema["type"][0]
        return schema


def reference(name: str) -> Schema:
    """Return a reference to the schema with a name."""
    return {"$ref": f"{SCHEMAS}{name}"}


def _name(schema: Schema) -> str:
    """Return the name of the schema that another one refers to, if it does."""
    return str(schema.get("$ref", "")).removeprefix(SCHEMAS)


def picked(schema: Schema, fields: Iterable[str]) -> Schema:
    """Return the schema of an object with only `fields` of what `schema` has."""
    kept = tuple(fields)
    properties = {name: schema["properties"][name] for name in kept}
    required = [name for name in schema.get("required", ()) if name in kept]
    return {**schema, "properties": properties, "required": required}


class _Generator(GenerateJsonSchema):
    """Pydantic's schemas, but for numbers and null."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def normalize_name(self, name: str) -> str:
        """Return the name of a schema: `CatalogRowPage` for `Page[CatalogRow]`."""
        return super().normalize_name(_GENERIC.sub(r"\2\1", name))

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        return {**super().int_schema(schema), "format": "int64"}

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        return {**super().float_schema(schema), "format": "double"}

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Return that of a text, whose bounds JSON Schema cannot express."""
        least, most = schema.get("ge"), schema.get("le")
        bounds = [
            *([f"At least {least}."] if least is not None else []),
            *([f"At most {most}."] if most is not None else []),
        ]
        if not bounds:
            return dict(_DECIMAL)
        one = least if least is not None else most
        return {**_DECIMAL, "description": " ".join(bounds), "examples": [str(one)]}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        if isinstance(inner.get("type"), str):
            return {**inner, "type": [inner["type"], "null"]}
        return {"anyOf": [inner, {"type": "null"}]}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema with its default, unless that is null, as what is absent is."""
        found = super().default_schema(schema)
        if "default" in found and found["default"] is None:
            del found["default"]
        return found


def _plain(schema: Schema) -> None:
    """Remove the titles of a class and its fields."""
    schema.pop("title", None)
    for each in schema.get("properties", {}).values():
        each.pop("title", None)
    if "enum" in schema:
        schema.pop("description", None)


def _given(schema: Schema) -> None:
    """Change the schema of a state or a row: all fields are in responses, and no defaults count."""
    schema.pop("description", None)
    for each in schema["properties"].values():
        each.pop("default", None)
    schema["required"] = list(schema["properties"])
