"""Limits of fields: whether they fit the type, and what they are as Python values."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from meshgen import patterns
from meshgen.patterns import PatternError
from meshgen.spec.analysis.context import Check
from meshgen.spec.grammar.limits import MAX_NUMBER
from meshgen.spec.grammar.values import LIMITS
from meshgen.spec.types import DECIMAL, FLOAT, INT, STRING, ListType, MapType, Type
from meshgen.spec.yaml.tree import Scalar, shape
from meshgen.unicode import printable

Limits = dict[str, int | float | str | None]


_PAIRS = (("min", "max"), ("min_length", "max_length"), ("min_items", "max_items"))


def read_limits(check: Check, given: Mapping[str, Scalar], type_: Type) -> Limits:
    """The limits of a field of `type_` (without its `?`); None for those with a finding."""
    limits = {key: _limit(check, key, value, type_) for key, value in given.items()}
    for low, high in _PAIRS:
        least, most = limits.get(low), limits.get(high)
        if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
            check.error(given[high].at, f"`{high}` is below `{low}`")
    return limits


def _limit(check: Check, key: str, value: Scalar, type_: Type) -> int | float | str | None:
    """A limit's value, None when there is a finding for it."""
    numeric = type_ in (INT, FLOAT, DECIMAL)
    fitting = {
        "numbers": numeric,
        "strings": type_ == STRING,
        "lists and maps": isinstance(type_, ListType | MapType),
    }
    if not fitting[LIMITS[key].of]:
        hint = (
            f"did you mean `{key}_length`?" if type_ == STRING and key in ("min", "max") else None
        )
        check.error(value.at, f"`{key}` is for {LIMITS[key].of}, not for `{type_}`", hint)
        return None
    if key == "pattern":
        return _pattern(check, value)
    number = value.value
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        check.error(value.at, f"`{key}` cannot be {shape(value)}", "write a number")
        return None
    if (LIMITS[key].of != "numbers" or type_ == INT) and not isinstance(number, int):
        check.error(value.at, f"`{key}` is {number}", "use a whole number")
        return None
    most = LIMITS[key].most or MAX_NUMBER
    least = -most if LIMITS[key].of == "numbers" else 0
    if not least <= number <= most:
        check.error(value.at, f"`{key}` is {value.text}", f"use a value from {least} to {most}")
        return None
    return float(number) if isinstance(number, Decimal) else number


def _pattern(check: Check, value: Scalar) -> str | None:
    """A regular expression that Python and the generated messages (in Rust's dialect) both take."""
    if not isinstance(value.value, str):
        check.error(value.at, f"a pattern cannot be {shape(value)}", "write a string")
        return None
    try:
        patterns.check(value.text)
    except PatternError as error:
        message = f"`{printable(value.text)}` is not a valid pattern"
        check.error(value.inside(error.offset), message, error.reason)
        return None
    return value.text
