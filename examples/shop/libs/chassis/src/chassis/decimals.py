"""Decimals in JSON: text without an exponent, `"100"` and never `"1E+2"`.

Most languages and databases read both, but people and simple parsers do not expect an exponent in
an amount of money. Pydantic writes what `str` returns, and has no setting for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema


def plain(number: Decimal) -> str:
    """Return `number` without an exponent; its trailing zeros stay."""
    return f"{number:f}"


def json_adapter(kind: Any) -> TypeAdapter[Any]:
    """Return an adapter for the type `kind` that writes its decimals plainly."""
    annotated: Any = Annotated[kind, PlainDecimals()]
    return TypeAdapter(annotated)


@dataclass(frozen=True, slots=True)
class PlainDecimals:
    """An annotation: all decimals in the annotated type are written plainly."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the schema of `source` with another serialization of decimals."""
        return with_plain_decimals(handler(source), handler)


def with_plain_decimals(schema: CoreSchema, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Set the serialization of all decimals in `schema`, which is changed, and return it."""
    seen: set[int] = set()
    waiting: list[Any] = [schema]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if part["type"] == "definition-ref":
            waiting.append(handler.resolve_ref_schema(part))
        elif part["type"] == "decimal":
            part["serialization"] = core_schema.plain_serializer_function_ser_schema(
                plain, return_schema=core_schema.str_schema(), when_used="json"
            )
        else:
            waiting += _parts(part)
    return schema


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the schemas that `value`, a schema or something in one, directly contains."""
    inner = value.values() if isinstance(value, dict) else value
    for each in inner:
        if isinstance(each, dict) and isinstance(each.get("type"), str):
            yield each
        elif isinstance(each, dict | list | tuple):
            yield from _parts(each)
