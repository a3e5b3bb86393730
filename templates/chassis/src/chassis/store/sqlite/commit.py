"""What commits write to an SQLite file, within a transaction that the writer begins and ends."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

from chassis.envelope import Outgoing
from chassis.errors import AlreadyHandled, Conflict, Duplicate
from chassis.store.port import Append, Commit, Put, Timer
from chassis.store.sql.texts import escaped, unescaped
from chassis.store.sqlite.dialect import instant_text
from chassis.store.sqlite.documents import DocumentStatements, Row
from chassis.store.sqlite.writer import Writer

_RESULTS = """SELECT message, result FROM inbox
    WHERE message IN (SELECT value FROM json_each(?))"""
_RECEIVE = """INSERT INTO inbox (message, result, generation)
    VALUES (?, ?, (SELECT inbox_generation FROM meta))"""
_FIRST_EVENT = """INSERT OR IGNORE INTO events (stream, version, id, type, envelope)
    VALUES (?, ?, ?, ?, ?)"""
_NEXT_EVENT = """INSERT OR IGNORE INTO events (stream, version, id, type, envelope)
    SELECT ?1, ?2, ?3, ?4, ?5
    WHERE EXISTS (SELECT 1 FROM events WHERE stream = ?1 AND version = ?2 - 1)"""
_SEND = "INSERT INTO outbox (topic, subject, id, type, envelope) VALUES (?, ?, ?, ?, ?)"
_SET_TIMER = "INSERT OR REPLACE INTO timers (id, due_at, handler, data) VALUES (?, ?, ?, ?)"
_DROP_TIMER = "DELETE FROM timers WHERE id = ?"
_PUBLISHED = "DELETE FROM outbox WHERE position = ?"


class _Change(NamedTuple):
    """A statement with its rows.

    Attributes:
        sql: The statement.
        rows: Its rows.
        is_exact: Whether all of them must be written, or the commit conflicts.
        unique: The errors of unique indexes, by the columns that the driver names.
    """

    sql: str
    rows: Sequence[Row]
    is_exact: bool = False
    unique: Mapping[str, Duplicate] | None = None


class SqliteCommits:
    """Implements `chassis.store.sql.store.Commits`."""

    def __init__(self, writer: Writer) -> None:
        self._write = writer
        self._documents: dict[str, DocumentStatements] = {}
        self._unique: dict[str, dict[str, Duplicate]] = {}

    def add(self, documents: DocumentStatements) -> None:
        """Add the statements for a collection."""
        table = documents.table
        name = table.collection.name
        self._documents[name] = documents
        self._unique[name] = {
            ", ".join(f"{table.table.name}.{table.columns[key].name}" for key in fields): Duplicate(
                name, fields
            )
            for fields in table.unique.values()
        }

    async def commit(self, commit: Commit) -> None:
        """See `Store`."""
        inbox = [(escaped(m.message), m.result and escaped(m.result)) for m in commit.inbox]
        await self._write(partial(_write, inbox, list(self._changes(commit))))

    async def published(self, positions: tuple[int, ...]) -> None:
        """See `Store`."""
        rows = [(position,) for position in positions]
        await self._write(partial(_apply, _Change(_PUBLISHED, rows)), lazy=True)

    async def close(self) -> None:
        """See `Commits`."""
        await self._write.close()

    def _changes(self, commit: Commit) -> Iterable[_Change]:
        for append in commit.appends:
            sql = _NEXT_EVENT if append.expected else _FIRST_EVENT
            yield _Change(sql, _event_rows(append), is_exact=True)
        for delete in commit.deletes:
            documents = self._documents[delete.collection]
            yield _Change(documents.delete, [documents.deleted_row(delete)], is_exact=True)
        for (collection, is_new), puts in groupby(commit.puts, _kind):
            documents, unique = self._documents[collection], self._unique[collection]
            if is_new:
                yield _Change(documents.insert, [*map(documents.new_row, puts)], True, unique)
            else:
                yield _Change(documents.update, [*map(documents.changed_row, puts)], True, unique)
        if commit.drop_timers:
            yield _Change(_DROP_TIMER, [(escaped(id),) for id in commit.drop_timers])
        if commit.set_timers:
            yield _Change(_SET_TIMER, [_timer_row(timer) for timer in commit.set_timers])
        if commit.outbox:
            yield _Change(_SEND, [_message_row(message) for message in commit.outbox])


def _write(inbox: list[Row], changes: Iterable[_Change], connection: sqlite3.Connection) -> None:
    """Write a commit. If this raises an exception, the caller rolls back what was written.

    Raises:
        AlreadyHandled: Messages were handled before.
        Conflict: A version is not the expected one.
        Duplicate: Another document has the same values in unique fields.
        ValueError: A column cannot have a value.
    """
    if inbox:
        _receive(connection, inbox)
    for change in changes:
        _apply(change, connection)


def _receive(connection: sqlite3.Connection, inbox: list[Row]) -> None:
    before = connection.total_changes
    try:
        connection.executemany(_RECEIVE, inbox)
    except sqlite3.IntegrityError as error:
        # Those before the first one that exists were new, and are in the table now.
        messages = [message for message, _ in inbox]
        new = connection.total_changes - before
        if twice := {*messages[:new]} & {*messages[new:]}:
            raise ValueError(f"twice in one commit: {', '.join(twice)}") from error
        results = connection.execute(_RESULTS, (json.dumps(messages[new:]),)).fetchall()
        raise AlreadyHandled(
            {unescaped(message): result and unescaped(result) for message, result in results}
        ) from None


def _apply(change: _Change, connection: sqlite3.Connection) -> None:
    try:
        written = connection.executemany(change.sql, change.rows).rowcount
    except sqlite3.IntegrityError as error:
        columns = str(error).removeprefix("UNIQUE constraint failed: ")
        if (duplicate := (change.unique or {}).get(columns)) is not None:
            raise Duplicate(duplicate.collection, duplicate.fields) from error
        raise ValueError(str(error)) from error
    except OverflowError as error:
        raise ValueError(str(error)) from error
    if change.is_exact and written != len(change.rows):
        raise Conflict


def _kind(put: Put) -> tuple[str, bool]:
    return put.collection, not put.expected


def _event_rows(append: Append) -> list[Row]:
    stream = escaped(append.stream)
    return [
        (stream, version, escaped(event.id), escaped(event.type), event.data)
        for version, event in enumerate(append.events, append.expected + 1)
    ]


def _timer_row(timer: Timer) -> Row:
    due = instant_text(timer.due)
    return escaped(timer.id), due, escaped(timer.handler), escaped(timer.data)


def _message_row(message: Outgoing) -> Row:
    texts = message.topic, message.subject, message.id, message.type
    return *map(escaped, texts), message.data
