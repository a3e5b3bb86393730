"""Request bodies, parsed strictly: JSON (RFC 8259) or a problem.

The number of values and their size are limited before anything is built from them: otherwise a body
of 1 MiB could keep the event loop busy for seconds.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, NoReturn

from starlette.requests import Request

from chassis.http.problem import FieldError, Problem, invalid, too_large

MAX_VALUES = 5_000
_DIGITS = 400  # more than a float can have; far more than fields accept
_OUT_OF_RANGE = Decimal("Infinity")
# A string, also one without its end, or what separates values. Possessive: it never backtracks.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[,\[{]', re.DOTALL)
# The escape of a surrogate: two of them are one character, one alone is none (RFC 8259, 8.2).
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
_TOKENS_OF_A_VALUE = 3  # its name, itself and a separator


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body; an empty body is an empty object.

    Numbers with a fraction or an exponent become decimals, because money must not pass through
    floating point. A number out of range becomes an infinity, which no field accepts.

    Raises:
        Problem: The body is not a JSON object (400, 415 or 422), or has too many values (413).
    """
    body = await request.body()
    if not body:
        return {}
    _require_json(request.headers.get("content-type", ""))
    if _has_too_many_values(body):
        raise too_large(f"The body has more than {MAX_VALUES} values.")
    try:
        value = _DECODER.decode(body.decode())
    except (ValueError, RecursionError) as error:
        raise Problem(400, "malformed_json", detail="The body is not JSON.") from error
    if _HALF_CHARACTER.search(body):
        _require_text(value)
    if not isinstance(value, dict):
        raise invalid([FieldError("", "The body should be an object")])
    return value


def _require_text(value: object) -> None:
    """Check that all texts and names in `value` can be encoded."""
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        raise invalid([FieldError("", "A text has half of a surrogate pair")]) from error


def _require_json(content_type: str) -> None:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(
            415,
            "unsupported_media_type",
            detail="The body must be application/json.",
            headers={"Accept": "application/json"},
        )


def _has_too_many_values(body: bytes) -> bool:
    """Return whether there are more than `MAX_VALUES` values, with their names at most."""
    if sum(map(body.count, (b",", b"[", b"{"))) < MAX_VALUES:
        return False
    # Most of them may be punctuation in a text: find the strings, but no more than necessary.
    limit = _TOKENS_OF_A_VALUE * MAX_VALUES
    return sum(1 for _ in islice(_TOKEN.finditer(body), limit + 1)) > limit


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _DIGITS else _OUT_OF_RANGE


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text) if len(text) <= _DIGITS else _OUT_OF_RANGE
    except InvalidOperation:  # the exponent has too many digits
        return _OUT_OF_RANGE
    return number if abs(number.adjusted()) <= _DIGITS else _OUT_OF_RANGE


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Reject duplicate names, because parsers disagree about them (RFC 8259, 4)."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate name")
    return value


_DECODER = json.JSONDecoder(
    parse_int=_integer,
    parse_float=_decimal,
    parse_constant=_reject_constant,
    object_pairs_hook=_unique_names,
)
