"""Comparison of decoded JSON, in which e.g. ids are text, with Python values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import Enum

from pydantic import BaseModel


def matches(actual: Mapping[str, object], expected: Mapping[str, object]) -> bool:
    """Return whether `actual` has every value of `expected`; it may have more."""
    return not list(differences(actual, expected))


def differences(actual: Mapping[str, object], expected: Mapping[str, object]) -> Iterator[str]:
    """Yield a line for each value of `expected` that `actual` does not have."""
    for name, value in expected.items():
        if name not in actual:
            yield f"{name}: expected {value}, but it is missing"
        elif not same(actual[name], value):
            yield f"{name}: expected {value}, but it is {actual[name]}"


def same(actual: object, expected: object) -> bool:
    """Return whether a decoded JSON value equals the Python value `expected`."""
    if expected is None or isinstance(expected, bool):
        return actual is expected
    if isinstance(expected, Enum):
        return same(actual, expected.value)
    if isinstance(expected, int | float | Decimal):
        return _same_number(actual, expected)
    if isinstance(expected, datetime):
        return isinstance(actual, str) and _moment(actual) == expected
    if isinstance(expected, BaseModel):
        return same(actual, expected.model_dump())
    if isinstance(expected, Mapping):
        wanted = {str(name): value for name, value in expected.items()}
        return isinstance(actual, Mapping) and matches(actual, wanted)
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        return (
            isinstance(actual, list)
            and len(actual) == len(expected)
            and all(map(same, actual, expected))
        )
    return actual == str(expected)


def _same_number(actual: object, expected: int | float | Decimal) -> bool:
    if isinstance(actual, bool) or not isinstance(actual, int | float | Decimal | str):
        return False
    try:
        return Decimal(str(actual)) == Decimal(str(expected))
    except InvalidOperation:
        return False


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
