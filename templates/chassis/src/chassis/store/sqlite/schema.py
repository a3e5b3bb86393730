"""The tables of a unit in an SQLite file: what is missing is created, and old ones are changed.

Processes of two versions may run at the same time. So columns are only added, with a default for
the version that does not know them, and a column that is not used any more need not have a value.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from uuid import uuid4

from sqlalchemy.schema import CreateIndex, CreateTable

from chassis.errors import Unavailable
from chassis.store.sql.tables import DocumentTable, UnitTables
from chassis.store.sqlite.dialect import SqliteDialect
from chassis.store.sqlite.file import SqliteFile, patiently
from chassis.store.sqlite.migrations import VERSION, add_functions, renamed, taken_over
from chassis.store.sqlite.rebuild import Rebuild, must_rebuild, possible
from chassis.store.sqlite.sql import column_definition, ddl, quoted
from chassis.store.sqlite.takeover import TakeOver

_TABLES = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
_INDEXES = "SELECT name FROM sqlite_master WHERE type = 'index'"
_COLUMNS = """SELECT m.name, c.name, c.type, c."notnull" FROM sqlite_master AS m
    JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'"""

Change: TypeAlias = str | TakeOver | Rebuild


@dataclass(frozen=True, slots=True)
class Existing:
    """What a file has.

    Attributes:
        version: The version that it was written by, 0 for a new file and for the first one.
        tables: The statements that have created the tables, by name.
        columns: The type of each column, and whether it is NOT NULL, by table and name.
        indexes: The names of the indexes.
    """

    version: int
    tables: dict[str, str]
    columns: dict[str, dict[str, tuple[str, bool]]]
    indexes: frozenset[str]

    @classmethod
    def of(cls, connection: sqlite3.Connection, file: SqliteFile) -> Existing:
        """Return what a file has."""
        columns: dict[str, dict[str, tuple[str, bool]]] = {}
        for table, name, type, required in connection.execute(_COLUMNS):
            columns.setdefault(table, {})[name] = (type, bool(required))
        return cls(
            version_of(connection, file),
            dict(connection.execute(_TABLES).fetchall()),
            columns,
            frozenset(name for (name,) in connection.execute(_INDEXES)),
        )


def unit_tables() -> UnitTables:
    """Return the tables that every unit has."""
    tables = UnitTables(None, SqliteDialect())
    tables.inbox.indexes.clear()  # entries are forgotten by a scan: an index would slow commits
    return tables


def version_of(connection: sqlite3.Connection, file: SqliteFile) -> int:
    """Return the version of a file's schema.

    Raises:
        Unavailable: A newer version of this library wrote it.
    """
    (version,) = patiently(lambda: connection.execute("PRAGMA user_version").fetchone())
    if version > VERSION:
        raise Unavailable(
            f"{file.path}: a newer version of this program wrote it (schema {version}, "
            f"this one knows {VERSION})"
        )
    return int(version)


def prepare(
    connection: sqlite3.Connection,
    file: SqliteFile,
    tables: UnitTables,
    documents: Iterable[DocumentTable],
) -> None:
    """Create and change what is needed, within a transaction that the caller begins and ends.

    Raises:
        Unavailable: Data that the file has does not fit.
    """
    add_functions(connection, str(uuid4()))
    for change in changes(tables, tuple(documents), Existing.of(connection, file)):
        try:
            if isinstance(change, str):
                connection.execute(change)
            else:
                change.apply(connection)
        except sqlite3.IntegrityError as error:
            raise Unavailable(f"{file.path}: {error}; nothing was changed") from error
        except ValueError as error:
            raise Unavailable(f"{file.path}: {error}; nothing was changed") from error


def changes(
    tables: UnitTables, documents: tuple[DocumentTable, ...], existing: Existing
) -> Iterator[Change]:
    """Return what makes of the file what it is to be."""
    is_old = existing.version < VERSION and tables.events.name in existing.tables
    if is_old:
        yield from renamed(existing.version, tables)
    for table in tables.all:
        if is_old or table.name not in existing.tables:
            yield ddl(CreateTable(table))
            yield from (ddl(CreateIndex(index)) for index in table.indexes)
    if is_old:
        yield from taken_over(tables)
    elif tables.meta.name not in existing.tables:
        yield "INSERT INTO meta (id, store, inbox_generation, pings) VALUES (1, new_id(), 1, 0)"
    if existing.version < VERSION:
        yield f"PRAGMA user_version = {VERSION}"
    for document in documents:
        yield from _table_changes(document, existing)


def _table_changes(document: DocumentTable, existing: Existing) -> Iterator[Change]:
    table, indexes = document.table, existing.indexes
    if (columns := existing.columns.get(table.name)) is None:
        yield ddl(CreateTable(table))
    elif must_rebuild(new := possible(document, columns), existing.tables[table.name], columns):
        yield Rebuild(new, columns)
        indexes = frozenset()
    else:
        for column in new.table.columns:
            if column.name not in columns:
                added = column_definition(column)
                yield f"ALTER TABLE {quoted(table.name)} ADD COLUMN {added}"
    collection = document.collection
    old = f"documents_{collection.former or collection.name}"
    if old in existing.tables:
        yield TakeOver(document, old)
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        if index.name not in indexes:
            yield ddl(CreateIndex(index))
