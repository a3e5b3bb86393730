"""The idioms of PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Index,
    LargeBinary,
    Numeric,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from chassis.store.port import Field, Kind
from chassis.store.prefixes import successor
from chassis.store.sql.dialect import Types
from chassis.store.sql.literals import default_text, quoted
from chassis.store.sql.texts import escaped

_TEXT = Text(collation="C")
_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: _TEXT,
    Kind.UUID: Uuid(),
    Kind.INTEGER: BigInteger(),
    Kind.NUMBER: Double(),
    Kind.BOOLEAN: Boolean(),
    Kind.DECIMAL: Numeric(),
    Kind.INSTANT: DateTime(timezone=True),
    Kind.DATE: Date(),
    Kind.ENUM: _TEXT,
    Kind.JSON: JSONB(),
}


class PostgresDialect:
    """Implements `chassis.store.sql.dialect.Dialect`."""

    types = Types(
        key=_TEXT,
        text=_TEXT,
        integer=BigInteger(),
        instant=DateTime(timezone=True),
        data=LargeBinary(),
        store=Uuid(),
    )
    wide: TypeEngine[Any] = Numeric()

    def column_type(self, field: Field, *, is_key: bool) -> TypeEngine[Any]:
        """See `Dialect`."""
        return _TYPES[field.kind]

    def options(self, *, is_short: bool, is_numbered: bool = False) -> dict[str, Any]:
        """See `Dialect`."""
        return {}

    def check(self, column: str, field: Field) -> tuple[str, tuple[str, ...]] | None:
        """See `Dialect`."""
        if field.kind is not Kind.ENUM:
            return None
        values = tuple(quoted(value) for value in field.values)
        return f'"{column}" IN ({", ".join(values)})', values

    def default(self, field: Field) -> str:
        """See `Dialect`."""
        return quoted(default_text(field))

    def unique_index(self, name: str, columns: Sequence[Column[Any]]) -> Index:
        """See `Dialect`."""
        return Index(name, *columns, unique=True)

    def ordered(self, column: Column[Any], descending: bool) -> ColumnElement[Any]:
        """See `Dialect`."""
        return column.desc().nulls_last() if descending else column.asc().nulls_first()

    def limited(self, select: Select[Any]) -> Select[Any]:
        """See `Dialect`."""
        return select.limit(bindparam("limit"))

    def listed(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """See `Dialect`."""
        array: ARRAY[Any] = ARRAY(column.type)
        return column == any_(cast(bindparam(name, type_=array), array))

    def array(self, values: Sequence[Any]) -> list[Any]:
        """See `Dialect`."""
        return list(values)

    def prefixed(
        self, column: ColumnElement[Any], name: str, *, is_open: bool
    ) -> ColumnElement[bool]:
        """See `Dialect`. An index can serve a range, but not LIKE with a parameter."""
        begins = column >= bindparam(name, type_=column.type)
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
        return escaped(value)

    def number(self, value: float) -> float:
        """See `Dialect`."""
        return value

    def decimal(self, value: str) -> str:
        """See `Dialect`."""
        return value
