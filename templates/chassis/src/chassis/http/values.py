"""Values that everything behind the edge can calculate with, store and send on.

JSON sets no limits to numbers, but what reads them does: an integer has 64 bits nearly everywhere,
a decimal calculates with 28 digits and overflows on some exponents; and databases end or refuse a
text at a NUL. One such value in an event would be refused by every reader of it, for ever, so it
does not come in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal

from pydantic import BaseModel

from chassis.http.problem import FieldError

_INTEGERS = range(-(2**63), 2**63)
_DIGITS = 28


def unusable(value: object, place: tuple[str, ...] = ()) -> Iterator[FieldError]:
    """An error for every value in a message that not everybody can use."""
    match value:
        case bool() | None:
            return
        case str():
            if "\0" in value:
                yield FieldError(".".join(place), "Should have no NUL character")
        case int() | float() | Decimal():
            if (message := _wrong_with(value)) is not None:
                yield FieldError(".".join(place), message)
        case BaseModel():
            for name in type(value).model_fields:
                yield from unusable(getattr(value, name), (*place, name))
        case Mapping():
            for name, item in value.items():
                yield from unusable(item, (*place, str(name)))
        case list() | tuple() | set() | frozenset():
            for index, item in enumerate(value):
                yield from unusable(item, (*place, str(index)))


def _wrong_with(number: int | float | Decimal) -> str | None:
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
