"""Limits of values, so that every store and consumer can handle them.

JSON does not limit numbers, but most systems do: integers have 64 bits, decimals have 28 digits and
a limited exponent. Databases reject or cut text at a NUL. Consumers would reject an event with such
a value again and again, so commands with one are rejected.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal

from pydantic import BaseModel

from chassis.http.problem import FieldError

_INTEGERS = range(-(2**63), 2**63)
_DIGITS = 28


def unsupported_values(value: object, location: tuple[str, ...] = ()) -> Iterator[FieldError]:
    """Yield an error for every unsupported value in a message."""
    match value:
        case bool() | None:
            return
        case str():
            if "\0" in value:
                yield FieldError(".".join(location), "Should have no NUL character")
        case int() | float() | Decimal():
            if (message := _number_error(value)) is not None:
                yield FieldError(".".join(location), message)
        case BaseModel():
            for name in type(value).model_fields:
                yield from unsupported_values(getattr(value, name), (*location, name))
        case Mapping():
            for name, item in value.items():
                yield from unsupported_values(item, (*location, str(name)))
        case list() | tuple() | set() | frozenset():
            for index, item in enumerate(value):
                yield from unsupported_values(item, (*location, str(index)))


def _number_error(number: int | float | Decimal) -> str | None:
    match number:
        case int():
            fits = number in _INTEGERS
            return None if fits else "Should be an integer of at most 64 bits"
        case float():
            return None if math.isfinite(number) else "Should be a finite number"
        case _:
            _, digits, exponent = number.as_tuple()
            fits = number.is_finite() and max(len(digits), abs(int(exponent))) <= _DIGITS
            return None if fits else f"Should be a decimal of at most {_DIGITS} digits"
