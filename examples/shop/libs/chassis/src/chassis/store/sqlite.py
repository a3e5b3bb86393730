"""The store on SQLite: one file, one writer thread, one reader thread."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from chassis.envelope import Envelope, Outgoing
from chassis.errors import AlreadyHandled, Conflict, Unavailable
from chassis.store.port import (
    Append,
    Collection,
    Commit,
    Delete,
    Handled,
    Pending,
    Put,
    Query,
    Stored,
    Timer,
)
from chassis.store.sqlite_sql import (
    SCHEMA,
    compare_decimals,
    compare_instants,
    create,
    select,
    table,
)
from chassis.store.sqlite_writer import Writer

R = TypeVar("R")


def open_sqlite(path: Path) -> SqliteStore:
    """Open or create the store in the file `path`.

    Raises:
        Unavailable: The file cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        writing = _connect(path)
        writing.executescript(SCHEMA)
        return SqliteStore(path.stem, writing, _connect(path))
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(f"{path}: {error}") from error


class SqliteStore:
    """Implements `chassis.store.port.Store`."""

    def __init__(self, name: str, writing: sqlite3.Connection, reading: sqlite3.Connection) -> None:
        self._write = Writer(writing, f"{name}-writer")
        self._reading = reading
        self._reader = ThreadPoolExecutor(1, f"{name}-reader")
        self._collections: dict[str, Collection] = {}

    async def prepare(self, collections: tuple[Collection, ...]) -> None:
        """See `Store`."""

        def write(connection: sqlite3.Connection) -> None:
            for collection in collections:
                for statement in create(collection):
                    connection.execute(statement)

        await self._write(write)
        self._collections |= {collection.name: collection for collection in collections}

    async def get(self, collection: str, id: str) -> Stored | None:
        """See `Store`."""
        sql = f"SELECT id, version, data FROM {table(collection)} WHERE id = ?"
        rows = await self._read(sql, (id,))
        return Stored(*rows[0]) if rows else None

    async def find(self, query: Query) -> tuple[Stored, ...]:
        """See `Store`."""
        sql, parameters = select(self._collections[query.collection], query)
        return tuple(Stored(*row) for row in await self._read(sql, parameters))

    async def history(self, stream: str) -> tuple[Envelope, ...]:
        """See `Store`."""
        sql = "SELECT envelope FROM events WHERE stream = ? ORDER BY version"
        return tuple(Envelope.from_json(row[0]) for row in await self._read(sql, (stream,)))

    async def handled(self, message: str) -> Handled | None:
        """See `Store`."""
        rows = await self._read("SELECT result FROM inbox WHERE message = ?", (message,))
        return Handled(rows[0][0]) if rows else None

    async def commit(self, commit: Commit) -> None:
        """See `Store`."""
        await self._write(lambda connection: _commit(connection, commit))

    async def pending(self, limit: int) -> tuple[Pending, ...]:
        """See `Store`."""
        sql = "SELECT position, topic, envelope FROM outbox ORDER BY position LIMIT ?"
        rows = await self._read(sql, (limit,))
        return tuple(
            Pending(position, Outgoing(topic, Envelope.from_json(envelope)))
            for position, topic, envelope in rows
        )

    async def published(self, positions: tuple[int, ...]) -> None:
        """See `Store`."""
        rows = [(position,) for position in positions]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM outbox WHERE position = ?", rows)

        await self._write(write)

    async def due(self, now: datetime, limit: int) -> tuple[Timer, ...]:
        """See `Store`."""
        sql = "SELECT id, due, handler, data FROM timers WHERE due <= ? ORDER BY due LIMIT ?"
        rows = await self._read(sql, (now.timestamp(), limit))
        return tuple(
            Timer(id=id, due=datetime.fromtimestamp(due, UTC), handler=handler, data=data)
            for id, due, handler, data in rows
        )

    async def next_due(self) -> datetime | None:
        """See `Store`."""
        rows = await self._read("SELECT min(due) FROM timers", ())
        due = rows[0][0]
        return None if due is None else datetime.fromtimestamp(due, UTC)

    async def forget(self, before: datetime) -> None:
        """See `Store`."""
        limit = before.timestamp()

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM inbox WHERE handled_at < ?", (limit,))

        await self._write(write)

    async def ping(self) -> None:
        """See `Store`."""
        await self._write(lambda connection: None)  # takes the write lock

    async def close(self) -> None:
        """See `Store`."""
        await self._write.close()
        await asyncio.to_thread(self._reader.shutdown)
        self._reading.close()

    async def _read(self, sql: str, parameters: Any) -> list[Any]:
        def fetch() -> list[Any]:
            try:
                return self._reading.execute(sql, parameters).fetchall()
            except sqlite3.OperationalError as error:
                raise Unavailable(str(error)) from error

        return await self._in_reader(fetch)

    async def _in_reader(self, work: Callable[[], R]) -> R:
        try:
            reading = asyncio.get_running_loop().run_in_executor(self._reader, work)
        except RuntimeError as error:
            raise Unavailable("the store is closed") from error
        return await reading


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.create_collation("decimal", compare_decimals)
    connection.create_collation("instant", compare_instants)
    return connection


def _commit(connection: sqlite3.Connection, commit: Commit) -> None:
    if commit.inbox is not None:
        _receive(connection, commit.inbox, commit.result)
    for append in commit.appends:
        _append(connection, append)
    for put in commit.puts:
        _put(connection, put)
    for delete in commit.deletes:
        _delete(connection, delete)
    connection.executemany("DELETE FROM timers WHERE id = ?", [(id,) for id in commit.drop_timers])
    connection.executemany(
        "INSERT OR REPLACE INTO timers (id, due, handler, data) VALUES (?, ?, ?, ?)",
        [(t.id, t.due.timestamp(), t.handler, t.data) for t in commit.set_timers],
    )
    connection.executemany(
        "INSERT INTO outbox (topic, envelope) VALUES (?, ?)",
        [(out.topic, out.envelope.to_json()) for out in commit.outbox],
    )


def _receive(connection: sqlite3.Connection, message: str, result: str | None) -> None:
    now = datetime.now(UTC).timestamp()
    sql = "INSERT OR IGNORE INTO inbox (message, result, handled_at) VALUES (?, ?, ?)"
    if connection.execute(sql, (message, result, now)).rowcount == 0:
        sql = "SELECT result FROM inbox WHERE message = ?"
        raise AlreadyHandled(connection.execute(sql, (message,)).fetchone()[0])


def _append(connection: sqlite3.Connection, append: Append) -> None:
    sql = "SELECT max(version) FROM events WHERE stream = ?"
    (version,) = connection.execute(sql, (append.stream,)).fetchone()
    if (version or 0) != append.expected:
        raise Conflict
    connection.executemany(
        "INSERT INTO events (stream, version, envelope) VALUES (?, ?, ?)",
        [
            (append.stream, version, event.to_json())
            for version, event in enumerate(append.events, append.expected + 1)
        ],
    )


def _put(connection: sqlite3.Connection, put: Put) -> None:
    name = table(put.collection)
    if put.expected == 0:
        sql = f"INSERT OR IGNORE INTO {name} (version, data, id) VALUES (?, ?, ?)"
        cursor = connection.execute(sql, (put.version, put.data, put.id))
    else:
        sql = f"UPDATE {name} SET version = ?, data = ? WHERE id = ? AND version = ?"
        cursor = connection.execute(sql, (put.version, put.data, put.id, put.expected))
    if cursor.rowcount == 0:
        raise Conflict


def _delete(connection: sqlite3.Connection, delete: Delete) -> None:
    sql = f"DELETE FROM {table(delete.collection)} WHERE id = ? AND version = ?"
    if connection.execute(sql, (delete.id, delete.expected)).rowcount == 0:
        raise Conflict
