"""Statements of SQLAlchemy Core as text and parameters for the driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement, Column, Dialect
from sqlalchemy.dialects.mssql.base import MSDialect
from sqlalchemy.schema import CreateColumn, ExecutableDDLElement
from sqlalchemy.types import TypeEngine

_DIALECT: Dialect = MSDialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
_DDL: Dialect = MSDialect(paramstyle="named")  # type: ignore[no-untyped-call] # with single %


@dataclass(frozen=True, slots=True)
class Statement:
    """A compiled statement: its SQL, and the parameters that are always the same."""

    sql: str
    constants: Mapping[str, Any]

    def parameters(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return all parameters."""
        return {**self.constants, **values}


def compiled(statement: ClauseElement) -> Statement:
    """Return `statement` as the driver needs it."""
    text = statement.compile(dialect=_DIALECT)
    constants = {name: value for name, value in text.params.items() if value is not None}
    return Statement(str(text), constants)


def ddl(element: ExecutableDDLElement) -> str:
    """Return a statement that changes the schema."""
    return str(element.compile(dialect=_DDL)).strip()


def literal(expression: ClauseElement) -> str:
    """Return an expression of a constraint with its values in it."""
    return str(expression.compile(dialect=_DDL, compile_kwargs={"literal_binds": True}))


def column_definition(column: Column[Any]) -> str:
    """Return the name, type and default of a column."""
    return str(CreateColumn(column).compile(dialect=_DDL))


def column_type(type: TypeEngine[Any]) -> str:
    """Return the name of a type."""
    return str(type.compile(dialect=_DDL))


def quoted(name: str) -> str:
    """Return a name as it is in SQL."""
    doubled = name.replace("]", "]]")
    return f"[{doubled}]"
