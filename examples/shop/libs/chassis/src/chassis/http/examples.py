"""Examples in OpenAPI documents, made of their schemas.

The generator and the units make the same documents, each from what it knows, so this module is in
both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_OID, uuid5

_JSON = "application/json"
_DATE = "2026-01-31"
_FORMATS = {
    "date": _DATE,
    "date-time": f"{_DATE}T12:00:00Z",
    "decimal": "12.50",
}


class _NoExampleError(Exception):
    """A schema does not tell what fits it."""


def with_examples(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document with an example for all that must be sent or is answered.

    That is each body, each required parameter and each successful response, of JSON. What is
    optional has none: tools would send it. What has an example keeps it.

    Args:
        document: The document. Schemas say by `examples` what else they do not tell.
    """
    examples = _Examples(document["components"].get("schemas", {}))
    paths = {
        path: {method: _operation(operation, examples) for method, operation in item.items()}
        for path, item in document["paths"].items()
    }
    return {**document, "paths": paths}


def _operation(operation: Mapping[str, Any], examples: _Examples) -> dict[str, Any]:
    found = dict(operation)
    if "parameters" in found:
        found["parameters"] = [_parameter(each, examples) for each in found["parameters"]]
    if "requestBody" in found:
        found["requestBody"] = _content(found["requestBody"], examples)
    found["responses"] = {
        status: _content(response, examples) if status.startswith("2") else response
        for status, response in found["responses"].items()
    }
    return found


def _parameter(parameter: Mapping[str, Any], examples: _Examples) -> dict[str, Any]:
    if not parameter.get("required") or "example" in parameter:
        return dict(parameter)
    return {**parameter, **examples.of(parameter["schema"], parameter["name"])}


def _content(body: Mapping[str, Any], examples: _Examples) -> dict[str, Any]:
    of_json = body.get("content", {}).get(_JSON, {})
    if "schema" not in of_json or "example" in of_json:
        return dict(body)
    with_example = {**of_json, **examples.of(of_json["schema"], "value")}
    return {**body, "content": {**body["content"], _JSON: with_example}}


class _Examples:
    """Makes examples; `schemas` are those that others refer to, by name."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def of(self, schema: Mapping[str, Any], name: str) -> dict[str, Any]:
        """Return the `example` of a schema, if it tells one; `name` is what has it."""
        try:
            return {"example": self._value(schema, name, ())}
        except _NoExampleError:
            return {}

    def _value(self, schema: Mapping[str, Any], name: str, within: tuple[str, ...]) -> Any:
        if "examples" in schema:
            return schema["examples"][0]
        if "default" in schema:
            return schema["default"]
        if "$ref" in schema:
            of = schema["$ref"].rpartition("/")[2]
            if of in within:
                raise _NoExampleError
            return self._value(self._schemas[of], name, (*within, of))
        if "anyOf" in schema:
            return self._first(schema["anyOf"], name, within)
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type")
        match kind[0] if isinstance(kind, list) else kind:
            case "string":
                return _text(schema, name)
            case "integer":
                return _bounded(1, schema)
            case "number":
                return _bounded(12.5, schema)
            case "boolean":
                return True
            case "array":
                return list(self._items(schema, name, within))
            case "object":
                return self._object(schema, within)
            case "null":
                return None
        raise _NoExampleError

    def _first(self, options: list[Any], name: str, within: tuple[str, ...]) -> Any:
        for option in options:
            try:
                return self._value(option, name, within)
            except _NoExampleError:
                continue
        raise _NoExampleError

    def _items(
        self, schema: Mapping[str, Any], name: str, within: tuple[str, ...]
    ) -> Iterator[Any]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", 1)
        try:
            item = self._value(schema["items"], name, within)
        except _NoExampleError:
            if least:
                raise
            return
        for _ in range(max(min(1, most), least)):
            yield item

    def _object(self, schema: Mapping[str, Any], within: tuple[str, ...]) -> dict[str, Any]:
        found = dict(self._fields(schema, within))
        if len(found) < schema.get("minProperties", 0):
            raise _NoExampleError
        return found

    def _fields(
        self, schema: Mapping[str, Any], within: tuple[str, ...]
    ) -> Iterator[tuple[str, Any]]:
        for number in range(schema.get("minProperties", 0)):
            key = self._value({"type": "string"} | schema.get("propertyNames", {}), f"{number}", ())
            yield key, self._value(schema["additionalProperties"], key, within)
        for name, field in schema.get("properties", {}).items():
            try:
                yield name, self._value(field, name, within)
            except _NoExampleError:
                if name in schema.get("required", ()):
                    raise


def _text(schema: Mapping[str, Any], name: str) -> str:
    form = schema.get("format")
    if form == "uuid":
        return str(uuid5(NAMESPACE_OID, name))
    if form in _FORMATS:
        return _FORMATS[form]
    if "pattern" in schema:
        raise _NoExampleError
    words = name.replace("_", " ")
    least, most = schema.get("minLength", 0), schema.get("maxLength", len(words))
    while len(words) < least:
        words += f" {words}"
    return words[: max(most, least)]


def _bounded(value: float, schema: Mapping[str, Any]) -> Any:
    value = max(value, schema.get("minimum", value))
    return min(value, schema.get("maximum", value))
