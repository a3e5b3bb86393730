"""Scalar fields as BSON and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from bson import Decimal128, Int64

from chassis.store.mongodb.values import BITS_64, from_bson, to_bson
from chassis.store.port import Field, Kind, Scalar

TYPES = {  # the names that queries have for BSON types
    Kind.TEXT: "string",
    Kind.UUID: "binData",
    Kind.INTEGER: "long",
    Kind.NUMBER: "double",
    Kind.BOOLEAN: "bool",
    Kind.DECIMAL: "decimal",
    Kind.INSTANT: "date",
    Kind.DATE: "date",
    Kind.ENUM: "string",
}

_DIGITS = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, clamp=1, traps=[])


def written(field: Field, value: Any) -> Any:
    """Return the BSON of a value that is not null. An instant is without its microseconds.

    Raises:
        ValueError: The field cannot have this value.
    """
    if field.kind is Kind.JSON:
        return to_bson(value)
    if field.kind is Kind.ENUM and value not in field.values:
        raise ValueError("is not one of its values")
    bson = searched(field.kind, value)
    if field.kind is Kind.INTEGER and not isinstance(bson, Int64):
        raise ValueError("is not an integer of 64 bits")
    return bson


def searched(kind: Kind, value: Scalar) -> Any:
    """Return the BSON of a value that a field is compared with.

    Raises:
        ValueError: It does not suit the kind of the field.
    """
    match kind, value:
        case Kind.BOOLEAN, bool():
            return value
        case ((Kind.INTEGER | Kind.NUMBER | Kind.DECIMAL), bool()):
            pass
        case Kind.INTEGER, int() if value in BITS_64:
            return Int64(value)
        case ((Kind.INTEGER | Kind.NUMBER), (int() | float())):
            return _float(value)
        case Kind.DECIMAL, (int() | float() | str()):
            return Decimal128(rounded(decimal(value)))
        case ((Kind.TEXT | Kind.ENUM), str()):
            return value
        case Kind.UUID, str():
            return UUID(value)
        case Kind.INSTANT, str():
            return split(instant(value))[0]
        case Kind.DATE, str():
            return datetime.combine(date.fromisoformat(value), time(), UTC)
    raise ValueError(f"{value!r} is not a valid value for {kind.value}")


def decimal(value: float | str) -> Decimal:
    """Return a finite decimal.

    Raises:
        ValueError: It is none.
    """
    try:
        exact = Decimal(value)
    except InvalidOperation:
        raise ValueError("is not a decimal") from None
    if not exact.is_finite():
        raise ValueError("is not a finite decimal")
    return exact


def rounded(exact: Decimal) -> Decimal:
    """Return a decimal with the digits that Decimal128 has; one that is too large is infinite."""
    return _DIGITS.create_decimal(exact)


def instant(text: str) -> datetime:
    """Return an instant in UTC.

    Raises:
        ValueError: It is not one of the years that Python has, or has no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("has no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range in UTC") from None


def split(moment: datetime) -> tuple[datetime, int]:
    """Return an instant in whole milliseconds, and the microseconds after them."""
    micros = moment.microsecond % 1000
    return moment - timedelta(microseconds=micros), micros


def joined(moment: datetime, micros: int | None) -> datetime:
    """Return the instant that was split."""
    return moment.replace(microsecond=moment.microsecond + micros) if micros else moment


def read(kind: Kind, value: Any) -> Any:
    """Return the JSON value of BSON, neither of which is null."""
    of = _JSON.get(kind)
    return value if of is None else of(value)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _rfc3339(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=None).isoformat()}Z"


_JSON: dict[Kind, Callable[[Any], Any]] = {
    Kind.UUID: str,
    Kind.DECIMAL: str,
    Kind.INSTANT: _rfc3339,
    Kind.DATE: lambda value: value.date().isoformat(),
    Kind.JSON: from_bson,
}
