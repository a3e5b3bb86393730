"""The idioms of T-SQL."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal, InvalidOperation, localcontext
from typing import Any

from sqlalchemy import Column, ColumnElement, Index, Select, and_, bindparam
from sqlalchemy import Integer as Int
from sqlalchemy import text as sql_text
from sqlalchemy.types import TypeEngine

from chassis.store.port import Field, Kind
from chassis.store.sql.dialect import Types
from chassis.store.sql.literals import default_text
from chassis.store.sql.literals import quoted as literal
from chassis.store.sql.texts import escaped, with_marked_end
from chassis.store.sqlserver.rows import list_of
from chassis.store.sqlserver.sql import quoted
from chassis.store.sqlserver.types import (
    BOOLEAN,
    BYTES,
    DAY,
    DIGITS,
    EXACT,
    GUID,
    INSTANT,
    INTEGER,
    JSON,
    KEY,
    NUMBER,
    TEXT,
    WIDE,
)

_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: TEXT,
    Kind.UUID: GUID,
    Kind.INTEGER: INTEGER,
    Kind.NUMBER: NUMBER,
    Kind.BOOLEAN: BOOLEAN,
    Kind.DECIMAL: EXACT,
    Kind.INSTANT: INSTANT,
    Kind.DATE: DAY,
    Kind.ENUM: KEY,
    Kind.JSON: JSON,
}
_NUMBERS = (Kind.INTEGER, Kind.NUMBER, Kind.DECIMAL)
_TOP = sql_text("TOP (:limit)").bindparams(bindparam("limit", type_=Int()))
_BEYOND = Decimal(10) ** DIGITS
_STEP = Decimal(1).scaleb(-DIGITS)


class SqlServerDialect:
    """Implements `chassis.store.sql.dialect.Dialect`."""

    types = Types(key=KEY, text=TEXT, integer=INTEGER, instant=INSTANT, data=BYTES, store=GUID)
    wide = WIDE

    def column_type(self, field: Field, *, is_key: bool) -> TypeEngine[Any]:
        """See `Dialect`. An index has no texts of any length."""
        return KEY if is_key and field.kind is Kind.TEXT else _TYPES[field.kind]

    def options(self, *, is_short: bool, is_numbered: bool = False) -> dict[str, Any]:
        """See `Dialect`."""
        return {}

    def check(self, column: str, field: Field) -> tuple[str, tuple[str, ...]] | None:
        """See `Dialect`. JSON may be a scalar, which `ISJSON` knows only in an array."""
        match field.kind:
            case Kind.ENUM:
                values = tuple(f"N{literal(value)}" for value in field.values)
                return f"{quoted(column)} IN ({', '.join(values)})", values
            case Kind.JSON:
                return f"ISJSON(N'[' + {quoted(column)} + N']') = 1", ()
        return None

    def default(self, field: Field) -> str:
        """See `Dialect`."""
        match field.kind:
            case Kind.BOOLEAN:
                return str(int(json.loads(field.default or "false")))
            case Kind.JSON:
                return f"N{literal(field.default or 'null')}"
            case kind if kind in _NUMBERS:
                return default_text(field)
            case Kind.TEXT | Kind.ENUM:
                return f"N{literal(with_marked_end(default_text(field)))}"
        return literal(default_text(field))

    def unique_index(self, name: str, columns: Sequence[Column[Any]]) -> Index:
        """See `Dialect`. Without a filter, there could be one null only."""
        optional = [column.is_not(None) for column in columns if column.nullable]
        where = and_(*optional) if optional else None
        return Index(name, *columns, unique=True, mssql_where=where)

    def ordered(self, column: Column[Any], descending: bool) -> ColumnElement[Any]:
        """See `Dialect`. Null is the least value."""
        return column.desc() if descending else column.asc()

    def limited(self, select: Select[Any]) -> Select[Any]:
        """See `Dialect`."""
        return select.prefix_with(_TOP)

    def listed(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """See `Dialect`."""
        return column.in_(list_of(name, column.type))

    def array(self, values: Sequence[Any]) -> str:
        """See `Dialect`."""
        return json.dumps(values, ensure_ascii=False)

    def prefixed(
        self, column: ColumnElement[Any], name: str, *, is_open: bool
    ) -> ColumnElement[bool]:
        """See `Dialect`. The server makes a range of the index of LIKE with a parameter."""
        return column.like(bindparam(name, type_=column.type), escape="\\")

    def prefix(self, name: str, prefix: str) -> tuple[dict[str, Any], bool]:
        """See `Dialect`."""
        return {name: re.sub(r"([\\%_\[])", r"\\\1", escaped(prefix)) + "%"}, False

    def text(self, text: str) -> str:
        """See `Dialect`."""
        return with_marked_end(escaped(text))

    def instant(self, value: str) -> str:
        """See `Dialect`."""
        return self.text(value)

    def number(self, value: float) -> float:
        """See `Dialect`. There is no infinity."""
        if math.isinf(value):
            return sys.float_info.max if value > 0 else -sys.float_info.max
        return value

    def decimal(self, value: str) -> str:
        """See `Dialect`. A number between two that a column can have is in the middle of them."""
        number = _decimal(value)
        if not -_BEYOND < number < _BEYOND:
            return format(_BEYOND if number > 0 else -_BEYOND, "f")
        with localcontext(prec=100):
            below = number.quantize(_STEP, ROUND_FLOOR)
            return format(below if below == number else below + _STEP / 2, "f")


def exact(value: str) -> str:
    """Return an exact number as a column can have it.

    Raises:
        ValueError: It has too many digits, or is none.
    """
    number = _decimal(value)
    with localcontext(prec=100):
        fits = -_BEYOND < number < _BEYOND and number == number.quantize(_STEP, ROUND_FLOOR)
    if not fits:
        raise ValueError(f"{value}: a number has at most {DIGITS} digits on a side of its point")
    return format(number, "f")


def _decimal(value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_nan():
        raise ValueError(f"{value!r} is not a valid value for decimal")
    return number
