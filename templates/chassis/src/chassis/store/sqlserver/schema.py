"""The schema of a unit in SQL Server: what is missing in it is created.

Processes of two versions may run at the same time. So columns are only added, with a default for
the version that does not know them, and a column that is not used any more need not have a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import CheckConstraint, Column, MetaData, Table, select
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateTable

from chassis.store.sql.tables import DocumentTable, UnitTables
from chassis.store.sqlserver.pool import Connection, Session
from chassis.store.sqlserver.sql import (
    column_definition,
    column_type,
    compiled,
    ddl,
    literal,
    quoted,
)
from chassis.store.sqlserver.statements import lock
from chassis.store.sqlserver.types import COLLATION, Utf8

_OLDEST = 15  # SQL Server 2019, the first one with UTF-8
_OLDEST_LEVEL = 130  # the first one with OPENJSON
SERVER = """SELECT CAST(SERVERPROPERTY('ProductMajorVersion') AS int), compatibility_level,
    is_read_committed_snapshot_on FROM sys.databases WHERE name = DB_NAME()"""
SCHEMA = "SELECT COUNT(*) FROM sys.schemas WHERE name = %(schema)s"
COLUMNS = """SELECT t.name, c.name, c.is_nullable, TYPE_NAME(c.user_type_id), c.max_length,
    c.[precision], c.[scale] FROM sys.columns AS c JOIN sys.tables AS t ON t.object_id = c.object_id
    WHERE t.schema_id = SCHEMA_ID(%(schema)s)"""
INDEXES = """SELECT t.name, i.name, c.name FROM sys.indexes AS i
    JOIN sys.tables AS t ON t.object_id = i.object_id
    JOIN sys.index_columns AS x ON x.object_id = i.object_id AND x.index_id = i.index_id
    JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id
    WHERE t.schema_id = SCHEMA_ID(%(schema)s) AND i.is_primary_key = 0"""
CHECKS = """SELECT t.name, k.name, c.name, k.[definition] FROM sys.check_constraints AS k
    JOIN sys.tables AS t ON t.object_id = k.parent_object_id
    LEFT JOIN sys.columns AS c
        ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id
    WHERE k.schema_id = SCHEMA_ID(%(schema)s)"""


@dataclass(frozen=True, slots=True)
class ExistingColumn:
    """A column: whether it is NOT NULL, its type as SQL, and whether it is text of any length."""

    required: bool
    type: str
    is_long_text: bool


@dataclass(frozen=True, slots=True)
class Existing:
    """What a schema has.

    Attributes:
        has_schema: Whether there is one.
        columns: The columns, by the names of their table and themselves.
        indexes: The columns of indexes, without primary keys, likewise.
        checks: The columns and definitions of CHECK constraints, likewise.
    """

    has_schema: bool
    columns: Mapping[tuple[str, str], ExistingColumn]
    indexes: Mapping[tuple[str, str], frozenset[str]]
    checks: Mapping[tuple[str, str], tuple[str, str]]

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables."""
        return frozenset(table for table, _ in self.columns)


async def prepare(
    connection: Connection, tables: UnitTables, documents: Iterable[DocumentTable], where: str
) -> str:
    """Create what is missing, in one transaction, and return the id of the store.

    Nothing is executed if nothing is missing, so the login needs no permissions for it then.

    Raises:
        ValueError: The database does not have the settings that a store needs.
    """
    new = tuple(documents)
    return await connection.use(lambda session: _prepare(session, tables, new, where))


async def pending(
    connection: Connection, tables: UnitTables, documents: Iterable[DocumentTable]
) -> list[str]:
    """Return the statements that `prepare` would execute."""
    new, schema = tuple(documents), str(tables.metadata.schema)

    def read(session: Session) -> list[str]:
        found = list(changes(tables, new, _existing(session, schema)))
        session.rollback()
        return found

    return await connection.use(read)


def _prepare(
    session: Session, tables: UnitTables, documents: tuple[DocumentTable, ...], where: str
) -> str:
    try:
        _check_server(session, where)
        schema = str(tables.metadata.schema)
        if list(changes(tables, documents, _existing(session, schema))):
            locked = compiled(lock())  # other processes may do the same
            session.execute(locked.sql, {"name": f"{schema}.schema"})
            for change in changes(tables, documents, _existing(session, schema)):
                session.run(change)
        rows = session.fetch(compiled(select(tables.meta.c.store)).sql, {})
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return str(rows[0][0]) if rows else ""


def _check_server(session: Session, where: str) -> None:
    ((version, level, has_snapshots),) = session.fetch(SERVER, {})
    if version < _OLDEST or level < _OLDEST_LEVEL:
        raise ValueError(f"{where}: SQL Server 2019 and compatibility level 130 are the oldest")
    if not has_snapshots:
        raise ValueError(
            f"{where}: reads would wait for writes; "
            "run ALTER DATABASE ... SET READ_COMMITTED_SNAPSHOT ON"
        )


def _existing(session: Session, schema: str) -> Existing:
    values = {"schema": schema}
    columns = session.fetch(COLUMNS, values)
    indexes: dict[tuple[str, str], frozenset[str]] = {}
    for table, index, column in session.fetch(INDEXES, values):
        indexes[table, index] = indexes.get((table, index), frozenset()) | {column}
    return Existing(
        bool(session.fetch(SCHEMA, values)[0][0]),
        {(table, name): existing_column(*rest) for table, name, *rest in columns},
        indexes,
        {
            (table, name): (column or "", definition)
            for table, name, column, definition in session.fetch(CHECKS, values)
        },
    )


def existing_column(
    is_nullable: bool, type: str, max_length: int, precision: int, scale: int
) -> ExistingColumn:
    """Return a column as the catalog describes it."""
    length = "max" if max_length == -1 else str(max_length)
    match type:
        case "varchar" | "char":
            sql = f"{type}({length}) COLLATE {COLLATION}"
        case "nvarchar" | "varbinary":
            sql = f"{type}({length})"
        case "decimal":
            sql = f"{type}({precision}, {scale})"
        case "datetimeoffset":
            sql = f"{type}({scale})"
        case _:
            sql = type
    return ExistingColumn(not is_nullable, sql, type == "varchar" and max_length == -1)


def changes(
    tables: UnitTables, documents: tuple[DocumentTable, ...], existing: Existing
) -> Iterator[str]:
    """Return the statements that make of the schema what it is to be."""
    if not existing.has_schema:
        yield ddl(CreateSchema(str(tables.metadata.schema)))
    for table in tables.all:
        if table.name not in existing.tables:
            yield ddl(CreateTable(table))
            yield from (ddl(CreateIndex(index)) for index in table.indexes)
    if tables.meta.name not in existing.tables:
        row = f"1, '{uuid4()}', 1, 0"
        columns = "[id], [store], [inbox_generation], [pings]"
        yield f"INSERT INTO {_name(tables.meta)} ({columns}) VALUES ({row})"
    for document in documents:
        yield from _table_changes(document.table, existing)


def _table_changes(table: Table, existing: Existing) -> Iterator[str]:
    altered: set[str] = set()
    if table.name not in existing.tables:
        yield ddl(CreateTable(table))
    else:
        for (name, old), found in existing.columns.items():
            if name == table.name and _must_alter(table, old, found):
                altered.add(old)
                yield from _altered(table, old, found, existing)
        for column in table.columns:
            if (table.name, column.name) not in existing.columns:
                yield from _added(table, column)
            for check in column.constraints:
                if isinstance(check, CheckConstraint):
                    yield from _check_changes(table, check, existing, altered)
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        used = existing.indexes.get((table.name, str(index.name)))
        if used is None or used & altered:
            yield ddl(CreateIndex(index))


def _must_alter(table: Table, name: str, found: ExistingColumn) -> bool:
    if name not in table.columns:
        return found.required
    column = table.columns[name]
    becomes_key = isinstance(column.type, Utf8) and bool(column.type.length)
    return (found.required and bool(column.nullable)) or (found.is_long_text and becomes_key)


def _altered(table: Table, name: str, found: ExistingColumn, existing: Existing) -> Iterator[str]:
    """Change a column. What depends on it must go, and comes back later if it is still wanted."""
    for (of, index), columns in existing.indexes.items():
        if of == table.name and name in columns:
            yield f"DROP INDEX {quoted(index)} ON {_name(table)}"
    for (of, check), (column, _) in existing.checks.items():
        if of == table.name and column == name:
            yield _alter(table, f"DROP CONSTRAINT {quoted(check)}")
    kept = table.columns.get(name)
    required = found.required and kept is not None and not kept.nullable
    type = found.type if kept is None else column_type(kept.type)
    yield _alter(table, f"ALTER COLUMN {quoted(name)} {type} {'NOT ' * required}NULL")


def _added(table: Table, column: Column[Any]) -> Iterator[str]:
    default = column.server_default
    optional = column.nullable or default is None  # what exists has no value
    new = Column(column.name, column.type, nullable=optional, server_default=default)
    Table(table.name, MetaData(schema=table.schema), new)  # or it is not compiled
    yield _alter(table, f"ADD {column_definition(new)}")
    if optional and default is not None:  # rows that exist have NULL
        yield f"UPDATE {_name(table)} SET {quoted(column.name)} = DEFAULT"


def _check_changes(
    table: Table, check: CheckConstraint, existing: Existing, altered: set[str]
) -> Iterator[str]:
    """An enum may have new values. One that it has no longer may still be in a row."""
    name, values = str(check.name), check.info["values"]
    column, definition = existing.checks.get((table.name, name), ("", None))
    if definition is not None and column not in altered:
        if all(value in definition for value in values):
            return
        yield _alter(table, f"DROP CONSTRAINT {quoted(name)}")
    condition = f"CHECK ({literal(check.sqltext)})"
    yield _alter(table, f"ADD CONSTRAINT {quoted(name)} {condition}", options=" WITH NOCHECK")


def _alter(table: Table, change: str, options: str = "") -> str:
    return f"ALTER TABLE {_name(table)}{options} {change}"


def _name(table: Table) -> str:
    return f"{quoted(str(table.schema))}.{quoted(table.name)}"
