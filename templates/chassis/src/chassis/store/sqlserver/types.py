"""The types of columns in SQL Server.

Parameters are sent as plain text and numbers. A comparison converts them to the type of the column:
without that, `nvarchar` would win over `varchar`, and the column would be converted instead.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import DATE, BindParameter, ColumnElement, Dialect, cast, collate, type_coerce
from sqlalchemy.dialects.mssql import (
    BIGINT,
    BIT,
    CHAR,
    DATETIMEOFFSET,
    DECIMAL,
    FLOAT,
    NVARCHAR,
    VARBINARY,
    VARCHAR,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

COLLATION = "Latin1_General_100_BIN2_UTF8"  # bytes of UTF-8, which are in the order of code points
KEY_LENGTH = 850  # bytes: two such texts fit in an index
DIGITS = 18  # of a decimal, before its point and behind it

_COMPARED = VARCHAR(8000)  # longer than all keys: what is cut off equals none


class Utf8(TypeDecorator[str]):
    """Text in UTF-8; without a length, of any length."""

    impl = VARCHAR
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__(length, collation=COLLATION)
        self.length = length

    def bind_expression(self, bindparam: BindParameter[str]) -> ColumnElement[str]:
        """Return a parameter as a value of this type."""
        text = collate(type_coerce(bindparam, NVARCHAR()), COLLATION)
        return cast(text, _COMPARED if self.length else VARCHAR())


class Guid(Utf8):
    """A UUID in its canonical form, which is also its order."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(36)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type in the database."""
        return dialect.type_descriptor(CHAR(36, collation=COLLATION))


class Instant(TypeDecorator[str]):
    """A date and time with an offset."""

    impl = DATETIMEOFFSET
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(6)

    def bind_expression(self, bindparam: BindParameter[str]) -> ColumnElement[Any]:
        """Return a parameter as a value of this type."""
        return cast(type_coerce(bindparam, NVARCHAR()), DATETIMEOFFSET(6))  # type: ignore[no-untyped-call]


class Day(TypeDecorator[str]):
    """A date."""

    impl = DATE
    cache_ok = True

    def bind_expression(self, bindparam: BindParameter[str]) -> ColumnElement[Any]:
        """Return a parameter as a value of this type."""
        return cast(type_coerce(bindparam, NVARCHAR()), DATE())


class Exact(TypeDecorator[str]):
    """An exact number. It is compared with one digit more, so that nothing is rounded to it."""

    impl = DECIMAL
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(2 * DIGITS, DIGITS)

    def bind_expression(self, bindparam: BindParameter[str]) -> ColumnElement[Any]:
        """Return a parameter as a value of this type."""
        return cast(type_coerce(bindparam, NVARCHAR()), DECIMAL(2 * DIGITS + 2, DIGITS + 1))


class Wide(TypeDecorator[Any]):
    """A number between two integers, or beyond those of 64 bits."""

    impl = DECIMAL
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(38, 1)

    def bind_expression(self, bindparam: BindParameter[Any]) -> ColumnElement[Any]:
        """Return a parameter as a value of this type."""
        return cast(bindparam, DECIMAL(38, 1))


KEY: TypeEngine[Any] = Utf8(KEY_LENGTH)
TEXT: TypeEngine[Any] = Utf8()
GUID: TypeEngine[Any] = Guid()
INSTANT: TypeEngine[Any] = Instant()
DAY: TypeEngine[Any] = Day()
EXACT: TypeEngine[Any] = Exact()
WIDE: TypeEngine[Any] = Wide()
INTEGER: TypeEngine[Any] = BIGINT()
NUMBER: TypeEngine[Any] = FLOAT(53)
BOOLEAN: TypeEngine[Any] = BIT()
BYTES: TypeEngine[Any] = VARBINARY("max")  # type: ignore[no-untyped-call]
JSON: TypeEngine[Any] = NVARCHAR()
