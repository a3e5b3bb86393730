"""The schema of a unit in PostgreSQL: what is missing in it is created.

Processes of two versions may run at the same time. So columns are only added, with a default for
the version that does not know them, and a column that is not used any more need not have a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import CheckConstraint, Column, Table, insert, select
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateTable

from chassis.errors import Unavailable
from chassis.store.postgresql.pool import Connection
from chassis.store.postgresql.sql import column_definition, compiled, ddl, literal, quoted
from chassis.store.sql.tables import DocumentTable, UnitTables

_LOCK = b"SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_PATIENTLY = b"SET LOCAL statement_timeout = 0"  # an index may take its time
_COLUMNS = b"""SELECT table_name, column_name, is_nullable = 'NO' FROM information_schema.columns
    WHERE table_schema = %s"""
_INDEXES = b"SELECT indexname FROM pg_indexes WHERE schemaname = %s"
_CHECKS = b"""SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = to_regnamespace(%s) AND contype = 'c'"""


@dataclass(frozen=True, slots=True)
class Existing:
    """What a schema has.

    Attributes:
        columns: Whether a column is NOT NULL, by the names of its table and itself.
        indexes: The names of the indexes.
        checks: The definitions of CHECK constraints, by name.
    """

    columns: dict[tuple[str, str], bool]
    indexes: frozenset[str]
    checks: dict[str, str]

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables."""
        return frozenset(table for table, _ in self.columns)


async def prepare(
    connection: Connection, tables: UnitTables, documents: Iterable[DocumentTable]
) -> str:
    """Create what is missing, in one transaction, and return the id of the store.

    Nothing is executed if nothing is missing, so the role needs no privileges for it then.

    Raises:
        Unavailable: The encoding of the database is not UTF8.
    """
    if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
        raise Unavailable(f"the encoding of the database is {encoding}, it must be UTF8")
    schema = str(tables.metadata.schema)
    documents = tuple(documents)
    if list(_changes(tables, documents, await _existing(connection, schema))):
        async with connection.transaction():
            await connection.execute(_PATIENTLY)
            await connection.execute(_LOCK, (schema,))  # other processes may do the same
            for change in _changes(tables, documents, await _existing(connection, schema)):
                await connection.execute(change)
    cursor = await connection.execute(compiled(select(tables.meta.c.store)).sql)
    row = await cursor.fetchone()
    return str(row[0]) if row else ""


async def changes(
    connection: Connection, tables: UnitTables, documents: Iterable[DocumentTable]
) -> list[str]:
    """Return the statements that create what is missing."""
    existing = await _existing(connection, str(tables.metadata.schema))
    return [change.decode() for change in _changes(tables, tuple(documents), existing)]


async def _existing(connection: Connection, schema: str) -> Existing:
    columns = await (await connection.execute(_COLUMNS, (schema,))).fetchall()
    indexes = await (await connection.execute(_INDEXES, (schema,))).fetchall()
    checks = await (await connection.execute(_CHECKS, (quoted(schema),))).fetchall()
    return Existing(
        {(name, column): required == "t" for name, column, required in columns},
        frozenset(name for (name,) in indexes),
        dict(checks),
    )


def _changes(
    tables: UnitTables, documents: tuple[DocumentTable, ...], existing: Existing
) -> Iterator[bytes]:
    """Return the statements that make of the schema what it is to be."""
    if not existing.columns:
        yield ddl(CreateSchema(str(tables.metadata.schema), if_not_exists=True))
    for table in tables.all:
        if table.name not in existing.tables:
            yield ddl(CreateTable(table))
            yield from (ddl(CreateIndex(index)) for index in table.indexes)
    if tables.meta.name not in existing.tables:
        row = {"id": 1, "store": uuid4(), "inbox_generation": 1, "pings": 0}
        yield literal(insert(tables.meta).values(row)).encode()
    for document in documents:
        yield from _table_changes(document.table, existing)


def _table_changes(table: Table, existing: Existing) -> Iterator[bytes]:
    if table.name not in existing.tables:
        yield ddl(CreateTable(table))
    else:
        for column in table.columns:
            yield from _column_changes(table, column, existing)
            for check in column.constraints:
                if isinstance(check, CheckConstraint):
                    yield from _check_changes(table, check, existing)
        for (name, old), required in existing.columns.items():
            if name == table.name and old not in table.columns and required:
                yield _alter(table, f"ALTER COLUMN {quoted(old)} DROP NOT NULL")
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        if index.name not in existing.indexes:
            yield ddl(CreateIndex(index))


def _column_changes(table: Table, column: Column[Any], existing: Existing) -> Iterator[bytes]:
    required = existing.columns.get((table.name, column.name))
    if required is None:
        default = column.server_default
        optional = column.nullable or default is None  # what exists has no value
        new = Column(column.name, column.type, nullable=optional, server_default=default)
        yield _alter(table, f"ADD COLUMN {column_definition(new)}")
    elif required and column.nullable:
        yield _alter(table, f"ALTER COLUMN {quoted(column.name)} DROP NOT NULL")


def _check_changes(table: Table, check: CheckConstraint, existing: Existing) -> Iterator[bytes]:
    """An enum may have new values. One that it has no longer may still be in a row."""
    name, values = str(check.name), check.info["values"]
    definition = existing.checks.get(name)
    if definition is not None and all(value in definition for value in values):
        return
    if definition is not None:
        yield _alter(table, f"DROP CONSTRAINT {quoted(name)}")
    condition = literal(check.sqltext)
    yield _alter(table, f"ADD CONSTRAINT {quoted(name)} CHECK ({condition}) NOT VALID")


def _alter(table: Table, change: str) -> bytes:
    return f"ALTER TABLE {quoted(str(table.schema))}.{quoted(table.name)} {change}".encode()
