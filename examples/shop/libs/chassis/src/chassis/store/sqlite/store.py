"""The store on SQLite: one file, which any number of processes on one machine use.

See `chassis.store.sql` for the rules of its tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import TextClause, text

from chassis.store.port import Stored
from chassis.store.sql.store import RelationalStore, Values
from chassis.store.sql.tables import DocumentTable
from chassis.store.sql.texts import escaped
from chassis.store.sqlite.commit import SqliteCommits
from chassis.store.sqlite.documents import CONVERTERS, DocumentStatements
from chassis.store.sqlite.file import SqliteFile
from chassis.store.sqlite.readers import Readers
from chassis.store.sqlite.schema import Existing, changes, prepare, unit_tables, version_of
from chassis.store.sqlite.sql import Statement, compiled
from chassis.store.sqlite.writer import Writer

_FEW = 256  # rows that are read, and removed, at once
_NONE: Mapping[str, Any] = {}

_STORE = "SELECT store FROM meta"
_OLD = """SELECT message FROM inbox, meta
    WHERE message > ? AND generation <= inbox_generation - ? ORDER BY message LIMIT ?"""
_FORGET = "DELETE FROM inbox WHERE message = ?"


def open_sqlite(path: Path) -> SqliteStore:
    """Open or create the store in the file `path`.

    Raises:
        Unavailable: The file cannot be opened.
    """
    file = SqliteFile(path)
    connection = file.connect()
    try:
        try:
            version_of(connection, file)
        except sqlite3.Error as error:
            raise file.unavailable(error) from error
        readers = Readers(file)
    except BaseException:
        connection.close()
        raise
    return SqliteStore(file, Writer(file, connection), readers)


class SqliteStore(RelationalStore[Statement]):
    """Implements `chassis.store.port.Store`."""

    def __init__(self, file: SqliteFile, writer: Writer, readers: Readers) -> None:
        self._file = file
        self._write = writer
        self._read = readers
        self._get: dict[str, str] = {}
        self._commits = SqliteCommits(writer)
        own = {
            "streams": _streams("name < :prefix_end"),
            "all_streams": _streams("name IS NOT NULL"),
        }
        super().__init__(str(file.path), unit_tables(), compiled, CONVERTERS, self._commits, own)

    async def get(self, collection: str, id: str) -> Stored | None:
        """See `Store`."""
        rows = await self._read.short(self._get[collection], (escaped(id),))
        return self._documents[collection].read(rows[0]) if rows else None

    async def forget(self, generations: int) -> None:
        """See `Store`."""
        await self._execute(self._unit["next_generation"])
        last = ""
        # In small transactions: other writers do not wait.
        while rows := await self._read.long(_OLD, (last, generations + 1, _FEW)):
            await self._write(partial(_remove, rows))
            (last,) = rows[-1]

    async def verify(self) -> None:
        """See `Store`."""
        self._write.verify()

    async def close(self) -> None:
        """See `Store`. The last connection empties the log, which a reader cannot."""
        await self._read.close()
        await super().close()

    async def _prepare(self, new: list[DocumentTable]) -> str:
        def work(connection: sqlite3.Connection) -> None:
            prepare(connection, self._file, self._tables, new)

        await self._write(work)
        return str((await self._read.short(_STORE))[0][0])

    async def _changes(self, tables: list[DocumentTable]) -> list[str]:
        found: list[str] = []

        def work(connection: sqlite3.Connection) -> None:
            existing = Existing.of(connection, self._file)
            found.extend(map(str, changes(self._tables, tuple(tables), existing)))

        await self._write(work)
        return found

    def _add(self, table: DocumentTable) -> None:
        statements = DocumentStatements(table)
        self._commits.add(statements)
        self._get[table.collection.name] = statements.get

    async def _fetch(
        self, statement: Statement, values: Values = _NONE, *, rows: int | None = None
    ) -> list[tuple[Any, ...]]:
        read = self._read.long if rows is None or rows > _FEW else self._read.short
        return await read(statement.sql, statement.parameters(values))

    async def _execute(self, statement: Statement, values: Values = _NONE) -> int:
        written = 0

        def work(connection: sqlite3.Connection) -> None:
            nonlocal written
            cursor = connection.execute(statement.sql, statement.parameters(values))
            written = cursor.rowcount

        await self._write(work)
        return written

    async def _disconnect(self) -> None:
        """Nothing else is open; see `close`."""


def _remove(rows: list[tuple[str]], connection: sqlite3.Connection) -> None:
    connection.executemany(_FORGET, rows)


def _streams(end: str) -> TextClause:
    """Return the statement that lists streams: it skips from one to the next in the index."""
    return text(f"""WITH RECURSIVE names (name) AS (
        SELECT min(stream) FROM events WHERE stream >= max(:prefix, :after)
        UNION ALL SELECT (SELECT min(stream) FROM events WHERE stream > name) FROM names
        WHERE {end}
    ) SELECT name FROM names WHERE name > :after AND {end} LIMIT :limit""")
