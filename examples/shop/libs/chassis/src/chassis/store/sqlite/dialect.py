"""The idioms of SQLite: STRICT tables have five types of columns, and CHECKs say the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import (
    REAL,
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    Select,
    Text,
    and_,
    bindparam,
    func,
    select,
)
from sqlalchemy.types import TypeEngine

from chassis.store.port import Field, Kind
from chassis.store.prefixes import successor
from chassis.store.sql.dialect import Types
from chassis.store.sql.literals import default_text, quoted
from chassis.store.sql.texts import escaped
from chassis.store.sqlite.sql import quoted as name_of

_IN_UTC = re.compile(  # what codecs write
    r"(\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d)(\.\d{6})?(?:Z|\+00:00)", re.ASCII
).fullmatch

DECIMAL = "decimal"  # the collation; SQLite's own shell has it, too

_TEXT, _INTEGER = Text(), Integer()
_NUMBER: TypeEngine[Any] = REAL()
_EXACT = Text(collation=DECIMAL)
_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.INTEGER: _INTEGER,
    Kind.NUMBER: _NUMBER,
    Kind.BOOLEAN: _INTEGER,
    Kind.DECIMAL: _EXACT,
}


class SqliteDialect:
    """Implements `chassis.store.sql.dialect.Dialect`."""

    types = Types(
        key=_TEXT, text=_TEXT, integer=_INTEGER, instant=_TEXT, data=LargeBinary(), store=_TEXT
    )
    wide: TypeEngine[Any] = _NUMBER

    def column_type(self, field: Field, *, is_key: bool) -> TypeEngine[Any]:
        """See `Dialect`."""
        return _TYPES.get(field.kind, _TEXT)

    def options(self, *, is_short: bool, is_numbered: bool = False) -> dict[str, Any]:
        """See `Dialect`."""
        options = {"sqlite_strict": True}
        if is_numbered:
            return options | {"sqlite_autoincrement": True}
        return options | {"sqlite_with_rowid": False} if is_short else options

    def check(self, column: str, field: Field) -> tuple[str, tuple[str, ...]] | None:
        """See `Dialect`."""
        name = name_of(column)
        match field.kind:
            case Kind.ENUM:
                values = tuple(quoted(value) for value in field.values)
                return f"{name} IN ({', '.join(values)})", values
            case Kind.BOOLEAN:
                return f"{name} IN (0, 1)", ()
            case Kind.JSON:  # old versions of SQLite say that null is not valid
                valid = f"json_valid({name})"
                return f"{name} IS NULL OR {valid}" if field.optional else valid, ()
        return None

    def default(self, field: Field) -> str:
        """See `Dialect`."""
        text = default_text(field)
        match field.kind:
            case Kind.BOOLEAN:
                return str(int(json.loads(text)))
            case Kind.INTEGER | Kind.NUMBER:
                return text
            case Kind.INSTANT:
                return quoted(instant(text))
        return quoted(text)

    def unique_index(self, name: str, columns: Sequence[Column[Any]]) -> Index:
        """See `Dialect`."""
        return Index(name, *columns, unique=True)

    def ordered(self, column: Column[Any], descending: bool) -> ColumnElement[Any]:
        """See `Dialect`. Null is the least value."""
        return column.desc() if descending else column.asc()

    def limited(self, select: Select[Any]) -> Select[Any]:
        """See `Dialect`."""
        return select.limit(bindparam("limit"))

    def listed(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """See `Dialect`."""
        values = func.json_each(bindparam(name)).table_valued("value")
        return column.in_(select(values.c.value))

    def array(self, values: Sequence[Any]) -> str:
        """See `Dialect`."""
        return json.dumps(values)

    def prefixed(
        self, column: ColumnElement[Any], name: str, *, is_open: bool
    ) -> ColumnElement[bool]:
        """See `Dialect`. An index can serve a range, but not LIKE with a parameter."""
        begins = column >= bindparam(name, type_=_TEXT)
        return begins if is_open else and_(begins, column < bindparam(f"{name}_end", type_=_TEXT))

    def prefix(self, name: str, prefix: str) -> tuple[dict[str, Any], bool]:
        """See `Dialect`."""
        begin = escaped(prefix)
        if (end := successor(begin)) is None:
            return {name: begin}, True
        return {name: begin, f"{name}_end": end}, False

    def text(self, text: str) -> str:
        """See `Dialect`."""
        return escaped(text)

    def instant(self, value: str) -> str:
        """See `Dialect`."""
        return instant(value)

    def number(self, value: float) -> float:
        """See `Dialect`."""
        return value

    def decimal(self, value: str) -> str:
        """See `Dialect`."""
        return exact(value)


def instant(value: str) -> str:
    """Return a date and time in the form that sorts as text: in UTC, with microseconds.

    Raises:
        ValueError: It is none.
    """
    if (in_utc := _IN_UTC(value)) is not None:
        return f"{in_utc[1]}{in_utc[2] or '.000000'}Z"
    parsed = datetime.fromisoformat(value)
    try:
        return instant_text(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))
    except OverflowError as error:
        raise ValueError(f"{value!r} is no date and time in UTC") from error


def instant_text(value: datetime) -> str:
    """Return a date and time as it is stored, e.g. `2030-01-01T12:00:00.000000Z`."""
    in_utc = value.astimezone(UTC).replace(tzinfo=None)
    return in_utc.isoformat(timespec="microseconds") + "Z"


def exact(value: str | int | float) -> str:
    """Return an exact number as it is stored.

    Raises:
        ValueError: It is none.
    """
    text = value if isinstance(value, str) else str(value)
    try:
        if not Decimal(text).is_nan():
            return text
    except InvalidOperation:
        pass
    raise ValueError(f"{value!r} is not a valid value for decimal")


def compare_decimals(left: str, right: str) -> int:
    """Compare exact numbers, as a collation."""
    try:
        a, b = Decimal(left), Decimal(right)
    except InvalidOperation:  # not written by us: any total order will do
        return (left > right) - (left < right)
    return (a > b) - (a < b)
