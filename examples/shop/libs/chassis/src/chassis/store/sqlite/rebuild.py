"""Tables are built again for what ALTER TABLE of SQLite cannot do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import REAL, CheckConstraint, Column, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine

from chassis.store.port import Field, Kind
from chassis.store.sql.tables import DocumentTable, document_table
from chassis.store.sql.texts import unescaped
from chassis.store.sqlite.sql import ddl, quoted

Columns = Mapping[str, tuple[str, bool]]

_TYPES: Mapping[str, TypeEngine[Any]] = {
    "INTEGER": Integer(),
    "REAL": REAL(),
    "BLOB": LargeBinary(),
}


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Builds a table again, with all of its rows and columns.

    Attributes:
        document: The table as it is to be.
        columns: The type of each column that there is, and whether it is NOT NULL, by name.
    """

    document: DocumentTable
    columns: Columns

    def __str__(self) -> str:
        name = self.document.table.name
        return (
            f"-- {name} is built again, with all of its rows, as\n{ddl(CreateTable(self._new()))}"
        )

    def apply(self, connection: sqlite3.Connection) -> None:
        """Build the table again; its indexes are gone then."""
        name = quoted(self.document.table.name)
        new = self._new(connection)
        kept = ", ".join(map(quoted, self.columns))
        for sql in (
            ddl(CreateTable(new)),
            f"INSERT INTO {quoted(new.name)} ({kept}) SELECT {kept} FROM {name}",
            f"DROP TABLE {name}",
            f"ALTER TABLE {quoted(new.name)} RENAME TO {name}",
        ):
            connection.execute(sql)

    def _new(self, connection: sqlite3.Connection | None = None) -> Table:
        document = self.document if connection is None else self._widened(connection)
        new = document.table.to_metadata(MetaData(), name=f"new_{document.table.name}")
        for name, (type, _) in self.columns.items():
            if name not in new.columns:
                new.append_column(Column(name, _TYPES.get(type, Text())))
        return new

    def _widened(self, connection: sqlite3.Connection) -> DocumentTable:
        """Return the table with the values of enums that are no longer, but that rows have."""

        def widened(field: Field) -> Field:
            column = self.document.columns[field.key].name
            if field.kind is not Kind.ENUM or column not in self.columns:
                return field
            sql = f"SELECT DISTINCT {quoted(column)} FROM {quoted(self.document.table.name)}"
            found = [unescaped(value) for (value,) in connection.execute(sql) if value is not None]
            return replace(field, values=tuple(dict.fromkeys((*field.values, *found))))

        return _with_fields(self.document, map(widened, self.document.collection.fields))


def possible(document: DocumentTable, columns: Columns) -> DocumentTable:
    """Return a table with the NOT NULL constraints that its rows, which exist, can have."""

    def relaxed(field: Field) -> Field:
        existing = columns.get(document.columns[field.key].name)
        if field.key == document.collection.id:
            return field
        is_null = field.default is None if existing is None else not existing[1]
        return replace(field, optional=True) if is_null else field

    return _with_fields(document, map(relaxed, document.collection.fields))


def must_rebuild(document: DocumentTable, sql: str, columns: Columns) -> bool:
    """Return whether ALTER TABLE cannot make of a table what it is to be.

    Args:
        document: The table as it is to be.
        sql: The statement that has created the table.
        columns: The type of each of its columns, and whether it is NOT NULL, by name.
    """
    wanted = document.table.columns
    if any(
        is_required and (name not in wanted or bool(wanted[name].nullable))
        for name, (_, is_required) in columns.items()
    ):
        return True
    return any(
        isinstance(check, CheckConstraint) and not _allows(sql, check)
        for column in wanted
        if column.name in columns
        for check in column.constraints
    )


def _allows(sql: str, check: CheckConstraint) -> bool:
    """Return whether a table has a constraint with all of the values of `check`."""
    _, found, rest = sql.partition(f"CONSTRAINT {quoted(str(check.name))} CHECK (")
    condition = rest.partition(" CONSTRAINT ")[0]
    return bool(found) and all(value in condition for value in check.info["values"])


def _with_fields(document: DocumentTable, fields: Iterable[Field]) -> DocumentTable:
    collection = replace(document.collection, fields=tuple(fields))
    return document_table(collection, None, document.dialect)
