"""Limits of values, so that every store and consumer can handle them.

JSON does not limit numbers, but most systems do: integers have 64 bits, decimals have 28 digits and
a limited exponent. Databases reject or cut text at a NUL. Consumers would reject an event with such
a value again and again, so commands with one are rejected.

Values of a body also need the type that the OpenAPI document names, where pydantic would convert
them: `true`, `"3"` and `3.0` are no integers. Values of a path or a query are text, in which
numbers and booleans are written as in JSON: `1_000`, `+3` and `yes` are errors.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from types import NoneType
from uuid import UUID

from pydantic import BaseModel

from chassis.http.problem import FieldError

_INTEGERS = range(-(2**63), 2**63)
_DIGITS = 28
_LEAVES = (str, int, float, Decimal, Enum, UUID, date, time, timedelta, NoneType)
_TEXT = object()  # a value from the path, which is converted from text, or a default
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def unsupported_values(
    value: object, given: object, location: tuple[str, ...] = ()
) -> Iterator[FieldError]:
    """Yield an error for every unsupported value in a message.

    Args:
        value: The message, or a part of it.
        given: What it was made from in a JSON body.
        location: The names of the fields and the indexes that lead to the value.
    """
    if isinstance(value, _LEAVES):  # first, because most are, and the rest are slow to recognize
        if (message := _type_error(value, given) or _limit_error(value)) is not None:
            yield FieldError(".".join(location), message)
        return
    match value:
        case BaseModel():
            for name in type(value).model_fields:
                yield from unsupported_values(
                    getattr(value, name), _member(given, name), (*location, name)
                )
        case Mapping():
            for name, item in value.items():
                yield from unsupported_values(
                    item, _member(given, str(name)), (*location, str(name))
                )
        case list() | tuple():
            for index, item in enumerate(value):
                yield from unsupported_values(item, _item(given, index), (*location, str(index)))


def text_error(value: object, text: str) -> str | None:
    """Return what is wrong with `text` of a path or a query, of which pydantic has made `value`."""
    if isinstance(value, Enum):
        return None
    if isinstance(value, bool):
        return None if text in ("true", "false") else "Should be true or false"
    if isinstance(value, int) and not _INTEGER.fullmatch(text):
        return "Should be an integer"
    if isinstance(value, float | Decimal) and not _NUMBER.fullmatch(text):
        return "Should be a number"
    return _limit_error(value)


def _member(given: object, name: str) -> object:
    return given.get(name, _TEXT) if isinstance(given, dict) else _TEXT


def _item(given: object, index: int) -> object:
    return given[index] if isinstance(given, list) and index < len(given) else _TEXT


def _type_error(value: object, given: object) -> str | None:
    """Return what is wrong if `given` is JSON of another type than `value` should be made from."""
    if given is _TEXT or value is None:
        return None
    if isinstance(value, Decimal):  # of a number or its text; pydantic takes nothing else
        return text_error(value, given) if isinstance(given, str) else None
    if isinstance(value, bool):
        return None if isinstance(given, bool) else "Should be true or false"
    if isinstance(value, int) and not isinstance(value, Enum):
        return None if type(given) is int else "Should be an integer"
    if isinstance(value, float):
        return None if type(given) in (int, Decimal) else "Should be a number"
    return None if isinstance(given, str) else "Should be text"


def _limit_error(value: object) -> str | None:
    if isinstance(value, str):
        return "Should have no NUL character" if "\0" in value else None
    if isinstance(value, int):
        return None if value in _INTEGERS else "Should be an integer of at most 64 bits"
    if isinstance(value, float):
        return None if math.isfinite(value) else "Should be a finite number"
    if isinstance(value, Decimal):
        return None if _fits(value) else f"Should be a decimal of at most {_DIGITS} digits"
    return None


def _fits(number: Decimal) -> bool:
    if not number.is_finite():
        return False
    _, digits, exponent = number.as_tuple()
    return max(len(digits), abs(int(exponent))) <= _DIGITS
