"""Statements of SQLAlchemy Core as text and parameters for the driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ClauseElement, Column, Dialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.schema import CreateColumn, ExecutableDDLElement

_NAMED: Dialect = SQLiteDialect(paramstyle="named")
_POSITIONAL: Dialect = SQLiteDialect(paramstyle="qmark")


@dataclass(frozen=True, slots=True)
class Statement:
    """A compiled statement: its SQL, and the parameters that are always the same."""

    sql: str
    constants: Mapping[str, Any]

    def parameters(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return all parameters. The driver has no decimals; those of queries are exact floats."""
        found = {k: float(v) if type(v) is Decimal else v for k, v in values.items()}
        return {**found, **self.constants} if self.constants else found


def compiled(statement: ClauseElement) -> Statement:
    """Return `statement` as the driver needs it."""
    text = statement.compile(dialect=_NAMED)
    found = text.params or {}
    constants = {name: value for name, value in found.items() if value is not None}
    return Statement(str(text), constants)


def positional(statement: ClauseElement) -> str:
    """Return a statement whose parameters are in the order of its text."""
    return str(statement.compile(dialect=_POSITIONAL))


def ddl(element: ExecutableDDLElement) -> str:
    """Return a statement that changes the schema."""
    return str(element.compile(dialect=_NAMED)).strip()


def column_definition(column: Column[Any]) -> str:
    """Return the name, type, default and constraints of a column."""
    return str(CreateColumn(column).compile(dialect=_NAMED))


def quoted(name: str) -> str:
    """Return a name as it is in SQL."""
    return _NAMED.identifier_preparer.quote(name)
