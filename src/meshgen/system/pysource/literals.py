"""Values as Python literals, as `ruff format` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from meshgen.naming import constant
from meshgen.spec.expressions.values import EnumValue, Record


def string(value: str) -> str:
    """Return `value` in double quotes, in single quotes where that saves escapes."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + "".join(_character(character, quote) for character in value) + quote


def _character(character: str, quote: str) -> str:
    if character in "'\"":
        return f"\\{character}" if character == quote else character
    return repr(character)[1:-1]  # escapes what is unprintable


def literal(value: Any, named: Mapping[object, str] | None = None) -> str:
    """Return the code of a value of the spec language.

    `named` gives ids and moments that the code has names for.
    """
    if isinstance(value, UUID | datetime) and named and value in named:
        return named[value]
    match value:
        case str():
            return string(value)
        case Decimal():
            return f"Decimal({_digits(value)})"
        case UUID():
            return f'UUID("{value}")'
        case datetime():
            return _moment(value)
        case date():
            return f"date({value.year}, {value.month}, {value.day})"
        case EnumValue(enum=enum, member=member):
            return f"{enum}.{constant(member)}"
        case Record(type=kind, fields=fields):
            given = ", ".join(f"{name}={literal(item, named)}" for name, item in fields)
            return f"{kind}({given})"
        case list():
            return f"[{', '.join(literal(item, named) for item in value)}]"
        case dict():
            pairs = (f"{literal(k, named)}: {literal(v, named)}" for k, v in value.items())
            return f"{{{', '.join(pairs)}}}"
        case _:
            return repr(value)


def _digits(value: Decimal) -> str:
    whole = value.as_tuple().exponent == 0 and (value or not value.is_signed())
    return str(value) if whole else f'"{value:f}"'


def _moment(value: datetime) -> str:
    parts = [value.year, value.month, value.day, value.hour, value.minute]
    if value.second or value.microsecond:
        parts.append(value.second)
    if value.microsecond:
        parts.append(value.microsecond)
    return f"datetime({', '.join(map(str, parts))}, tzinfo=UTC)"
