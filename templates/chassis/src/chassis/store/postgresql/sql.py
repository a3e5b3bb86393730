"""Statements of SQLAlchemy Core as text and parameters for the driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement, Column, Dialect
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.schema import CreateColumn, ExecutableDDLElement

_DIALECT: Dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_DDL: Dialect = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call] # with single %


@dataclass(frozen=True, slots=True)
class Statement:
    """A compiled statement: its SQL, and the parameters that are always the same."""

    sql: bytes
    constants: Mapping[str, Any]

    def parameters(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return all parameters."""
        return {**self.constants, **values} if self.constants else values


def compiled(statement: ClauseElement) -> Statement:
    """Return `statement` as the driver needs it."""
    text = statement.compile(dialect=_DIALECT)
    found = text.params or {}
    constants = {name: value for name, value in found.items() if value is not None}
    return Statement(str(text).encode(), constants)


def ddl(element: ExecutableDDLElement) -> bytes:
    """Return a statement that changes the schema."""
    return str(element.compile(dialect=_DDL)).strip().encode()


def literal(expression: ClauseElement) -> str:
    """Return an expression of a constraint, or a statement, with its values in it."""
    return str(expression.compile(dialect=_DDL, compile_kwargs={"literal_binds": True}))


def column_definition(column: Column[Any]) -> str:
    """Return the name, type and default of a column."""
    return str(CreateColumn(column).compile(dialect=_DDL))


def quoted(name: str) -> str:
    """Return a name as it is in SQL."""
    return _DDL.identifier_preparer.quote(name)
