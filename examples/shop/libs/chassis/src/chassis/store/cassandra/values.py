"""The values of fields: cells, which are scalars of JSON, and how they are bound and compared."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias
from uuid import UUID

from cassandra.util import Date

from chassis.store.port import Field, Kind, Scalar

Cell: TypeAlias = str | int | float | bool | None

TYPES = {
    Kind.TEXT: "text",
    Kind.UUID: "uuid",
    Kind.INTEGER: "bigint",
    Kind.NUMBER: "double",
    Kind.BOOLEAN: "boolean",
    Kind.DECIMAL: "decimal",
    Kind.INSTANT: "text",  # a timestamp of Cassandra has milliseconds only
    Kind.DATE: "date",
    Kind.ENUM: "text",
    Kind.JSON: "text",
}
FILLERS: dict[Kind, Cell] = {  # what a column of a key has instead of null
    Kind.TEXT: "",
    Kind.UUID: str(UUID(int=0)),
    Kind.INTEGER: 0,
    Kind.NUMBER: 0.0,
    Kind.BOOLEAN: False,
    Kind.DECIMAL: "0",
    Kind.INSTANT: "",
    Kind.DATE: "1970-01-01",
    Kind.ENUM: "",
}
_BITS_64 = range(-(2**63), 2**63)
LONGEST_KEY = 16_000  # bytes of a text in a key; a whole partition key has at most 65,535


def cell(field: Field, value: Any) -> Cell:
    """Return the cell of a JSON value.

    Raises:
        ValueError: The field cannot have this value.
    """
    if field.kind is Kind.JSON:
        return None if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False)
    if value is None:
        if field.optional:
            return None
        raise ValueError(f"{field.key}: a value is missing")
    if field.kind is Kind.INTEGER and (not isinstance(value, int) or value not in _BITS_64):
        raise ValueError(f"{field.key}: it is not an integer of 64 bits")
    if field.kind is Kind.DECIMAL:
        return str(_decimal(field.kind, value))
    if field.kind is Kind.ENUM and value not in field.values:
        raise ValueError(f"{field.key}: it is not one of its values")
    comparable = operand(field.kind, value)
    if isinstance(comparable, float) and not math.isfinite(comparable):
        raise ValueError(f"{field.key}: it is not a finite number")
    if field.kind is Kind.UUID and str(UUID(str(value))) != value:
        raise ValueError(f"{field.key}: it is not a UUID in canonical form")
    if field.kind is Kind.DATE:
        date.fromisoformat(str(value))
    return comparable if not isinstance(comparable, Decimal) else str(comparable)


def operand(kind: Kind, value: Scalar) -> Any:
    """Return what a value is compared as; null is None.

    Raises:
        ValueError: No field of this kind is compared with such a value.
    """
    match kind, value:
        case _, None:
            return None
        case Kind.BOOLEAN, bool():
            return value
        case ((Kind.INTEGER | Kind.NUMBER | Kind.DECIMAL), bool()):
            pass
        case Kind.INTEGER, (int() | float()):
            return value
        case Kind.NUMBER, (int() | float()):
            return _float(value)
        case Kind.DECIMAL, (int() | float() | str()):
            return _decimal(kind, value)
        case Kind.INSTANT, str():
            return _instant(value)
        case ((Kind.TEXT | Kind.ENUM | Kind.UUID | Kind.DATE), str()):
            value.encode()  # a surrogate alone is no text
            return value
    raise ValueError(f"{value!r} is not a valid value for {kind.value}")


def comparable(kind: Kind, cell: Cell) -> Any:
    """Return what a cell is compared as."""
    return Decimal(cell) if kind is Kind.DECIMAL and cell is not None else cell


def key_cell(kind: Kind, cell: Cell) -> Cell:
    """Return a cell in the form that it has in keys, where equal values have one form."""
    if cell is None:
        return FILLERS[kind]
    if kind is Kind.DECIMAL:
        return _shortest(Decimal(str(cell)))
    if isinstance(cell, float):
        return cell + 0.0  # there is no -0.0
    return cell


def bound(type: str, cell: Cell) -> Any:
    """Return a cell as the driver binds it to a column."""
    match type:
        case "uuid":
            return UUID(str(cell))
        case "decimal":
            return Decimal(str(cell))
        case "bigint":
            return int(str(cell))
        case "date":
            return Date(date.fromisoformat(str(cell)))
    return cell


def read(value: Any) -> Cell:
    """Return the cell of what the driver has read."""
    if isinstance(value, Date):
        return str(value.date().isoformat())
    if isinstance(value, UUID | Decimal):
        return str(value)
    result: Cell = value
    return result


def is_uuid(id: str) -> bool:
    """Return whether `id` is a UUID in its canonical form."""
    try:
        return str(UUID(id)) == id
    except ValueError:
        return False


def is_integer(id: str) -> bool:
    """Return whether `id` is an integer of 64 bits in its shortest form."""
    try:
        return int(id) in _BITS_64 and str(int(id)) == id
    except ValueError:
        return False


def _instant(text: str) -> str:
    """Return an instant in UTC and of one length, so that it is sorted as text."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a valid value for an instant") from None
    return f"{utc.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _decimal(kind: Kind, value: Scalar) -> Decimal:
    try:
        number = Decimal(str(value) if isinstance(value, float) else value)  # type: ignore[arg-type]
    except (InvalidOperation, TypeError):
        raise ValueError(f"{value!r} is not a valid value for {kind.value}") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a valid value for {kind.value}")
    return number


def _shortest(number: Decimal) -> str:
    """Return a decimal without zeros at its end; a context of `decimal` would round it."""
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    short = text.rstrip("0")
    if not short:
        return "0"
    return f"{'-' * sign}{short}E{int(exponent) + len(text) - len(short)}"


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
