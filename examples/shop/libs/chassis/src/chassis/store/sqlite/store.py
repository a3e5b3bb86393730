"""The store on SQLite: one file, which any number of processes on one machine use."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from chassis.envelope import Envelope, Outgoing
from chassis.store.port import Collection, Commit, Pending, Query, Stored, Timer
from chassis.store.prefixes import successor
from chassis.store.sqlite.commit import RESULTS, Statements, write
from chassis.store.sqlite.file import SqliteFile
from chassis.store.sqlite.readers import Readers
from chassis.store.sqlite.schema import migrate
from chassis.store.sqlite.sql import count, create, select
from chassis.store.sqlite.writer import Writer

_FEW = 256  # rows that are read, and removed, at once
_END = b""  # in SQLite, a BLOB follows all texts

_HISTORY = "SELECT data FROM events WHERE stream = ? AND version > ? ORDER BY version LIMIT ?"
_STREAMS = """WITH RECURSIVE names (name) AS (
        SELECT min(stream) FROM events WHERE stream >= ?1
        UNION ALL SELECT (SELECT min(stream) FROM events WHERE stream > name) FROM names
        WHERE name < ?3
    ) SELECT name FROM names WHERE name > ?2 AND name < ?3 LIMIT ?4"""
_PENDING = """SELECT position, topic, id, type, subject, data FROM outbox
    WHERE position > ? ORDER BY position LIMIT ?"""
_DUE = "SELECT id, due, handler, data FROM timers WHERE due <= ? ORDER BY due, id LIMIT ?"
_OLD = """SELECT message FROM inbox, meta
    WHERE message > ? AND inbox.generation <= meta.generation - ? ORDER BY message LIMIT ?"""


def open_sqlite(path: Path) -> SqliteStore:
    """Open or create the store in the file `path`.

    Raises:
        Unavailable: The file cannot be opened.
    """
    file = SqliteFile(path)
    connection = file.connect()
    try:
        migrate(connection, file)
        readers = Readers(file)
    except BaseException:
        connection.close()
        raise
    return SqliteStore(Writer(file, connection), readers)


class SqliteStore:
    """Implements `chassis.store.port.Store`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._write = writer
        self._read = readers
        self._collections: dict[str, Collection] = {}
        self._statements: dict[str, Statements] = {}

    async def prepare(self, collections: tuple[Collection, ...]) -> None:
        """See `Store`."""
        statements = [sql for collection in collections for sql in create(collection)]
        await self._write(partial(_execute, statements))
        for collection in collections:
            self._collections[collection.name] = collection
            self._statements[collection.name] = Statements.of(collection)

    async def get(self, collection: str, id: str) -> Stored | None:
        """See `Store`."""
        rows = await self._read.short(self._statements[collection].get, (id,))
        return Stored(*rows[0]) if rows else None

    async def get_many(self, collection: str, ids: tuple[str, ...]) -> Mapping[str, Stored]:
        """See `Store`."""
        rows = await self._few(self._statements[collection].get_many, len(ids), (json.dumps(ids),))
        return {row[0]: Stored(*row) for row in rows}

    async def find(self, query: Query) -> tuple[Stored, ...]:
        """See `Store`."""
        in_order_of_ids = not query.where and not query.sort
        read = self._read.short if in_order_of_ids and query.limit <= _FEW else self._read.long
        rows = await read(*select(self._collections[query.collection], query))
        return tuple(Stored(*row) for row in rows)

    async def count(self, query: Query) -> int:
        """See `Store`."""
        rows = await self._read.long(*count(self._collections[query.collection], query))
        return int(rows[0][0])

    async def history(self, stream: str, *, after: int = 0, limit: int) -> tuple[Envelope, ...]:
        """See `Store`."""
        rows = await self._few(_HISTORY, limit, (stream, after, limit))
        return tuple(Envelope.from_json(row[0]) for row in rows)

    async def streams(self, prefix: str, *, after: str = "", limit: int) -> tuple[str, ...]:
        """See `Store`."""
        end = successor(prefix) or _END
        rows = await self._read.long(_STREAMS, (max(prefix, after), after, end, limit))
        return tuple(row[0] for row in rows)

    async def handled(self, messages: tuple[str, ...]) -> Mapping[str, str | None]:
        """See `Store`."""
        return dict(await self._few(RESULTS, len(messages), (json.dumps(messages),)))

    async def commit(self, commit: Commit) -> None:
        """See `Store`."""
        await self._write(partial(write, self._statements, commit))

    async def pending(self, *, after: int = 0, limit: int) -> tuple[Pending, ...]:
        """See `Store`."""
        rows = await self._few(_PENDING, limit, (after, limit))
        return tuple(
            Pending(position, Outgoing(topic=topic, id=id, type=type, subject=subject, data=data))
            for position, topic, id, type, subject, data in rows
        )

    async def outbox_size(self) -> int:
        """See `Store`."""
        rows = await self._read.long("SELECT count(*) FROM outbox")
        return int(rows[0][0])

    async def published(self, positions: tuple[int, ...]) -> None:
        """See `Store`."""
        rows = [(position,) for position in positions]
        remove = partial(_remove, "DELETE FROM outbox WHERE position = ?", rows)
        await self._write(remove, lazy=True)

    async def due(self, now: datetime, limit: int) -> tuple[Timer, ...]:
        """See `Store`."""
        rows = await self._few(_DUE, limit, (now.timestamp(), limit))
        return tuple(
            Timer(id=id, due=datetime.fromtimestamp(due, UTC), handler=handler, data=data)
            for id, due, handler, data in rows
        )

    async def next_due(self) -> datetime | None:
        """See `Store`."""
        rows = await self._read.short("SELECT min(due) FROM timers")
        due = rows[0][0]
        return None if due is None else datetime.fromtimestamp(due, UTC)

    async def forget(self, generations: int) -> None:
        """See `Store`."""
        await self._write(partial(_execute, ["UPDATE meta SET generation = generation + 1"]))
        last = ""
        # In small transactions: other writers do not wait.
        while rows := await self._read.long(_OLD, (last, generations + 1, _FEW)):
            await self._write(partial(_remove, "DELETE FROM inbox WHERE message = ?", rows))
            (last,) = rows[-1]

    async def ping(self) -> None:
        """See `Store`."""
        # SQLite skips writes that change nothing, and would not notice a full disk.
        await self._write(partial(_execute, ["UPDATE meta SET pings = pings + 1"]))

    async def verify(self) -> None:
        """See `Store`."""
        self._write.verify()

    async def close(self) -> None:
        """See `Store`."""
        await self._read.close()
        await self._write.close()

    async def _few(self, sql: str, rows: int, parameters: Sequence[Any]) -> list[Any]:
        read = self._read.short if rows <= _FEW else self._read.long
        return await read(sql, parameters)


def _execute(statements: Sequence[str], connection: sqlite3.Connection) -> None:
    for statement in statements:
        connection.execute(statement)


def _remove(sql: str, rows: Sequence[Any], connection: sqlite3.Connection) -> None:
    connection.executemany(sql, rows)
