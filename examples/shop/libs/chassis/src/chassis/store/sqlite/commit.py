"""What a commit writes to an SQLite file, within a transaction that others begin and end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from chassis.envelope import Outgoing
from chassis.errors import AlreadyHandled, Conflict, Duplicate
from chassis.store.port import Append, Collection, Commit, Delete, Put, Received, Timer
from chassis.store.sqlite.sql import table, unique_indexes

RESULTS = """SELECT message, result FROM inbox
    WHERE message IN (SELECT value FROM json_each(?))"""
_RECEIVE = """INSERT INTO inbox (message, result, generation)
    VALUES (?, ?, (SELECT generation FROM meta))"""
_FIRST_EVENT = "INSERT OR IGNORE INTO events (stream, version, data) VALUES (?, ?, ?)"
_NEXT_EVENT = """INSERT OR IGNORE INTO events (stream, version, data)
    SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM events WHERE stream = ?1 AND version = ?2 - 1)"""
_SEND = "INSERT INTO outbox (topic, id, type, subject, data) VALUES (?, ?, ?, ?, ?)"
_SET_TIMER = "INSERT OR REPLACE INTO timers (id, due, handler, data) VALUES (?, ?, ?, ?)"
_DROP_TIMER = "DELETE FROM timers WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements for the documents of a collection."""

    get: str
    get_many: str
    insert: str
    update: str
    delete: str
    collection: Collection

    @classmethod
    def of(cls, collection: Collection) -> Statements:
        """Return the statements for `collection`."""
        name = table(collection.name)
        get = f"SELECT id, version, data FROM {name} WHERE id"
        return cls(
            get=f"{get} = ?",
            get_many=f"{get} IN (SELECT value FROM json_each(?))",
            insert=f"INSERT INTO {name} (version, data, id) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO NOTHING",
            update=f"UPDATE {name} SET version = ?, data = ? WHERE id = ? AND version = ?",
            delete=f"DELETE FROM {name} WHERE id = ? AND version = ?",
            collection=collection,
        )


def write(
    statements: Mapping[str, Statements], commit: Commit, connection: sqlite3.Connection
) -> None:
    """Write `commit`.

    Args:
        statements: The statements by collection.
        commit: The commit.
        connection: The connection, which is in a transaction. If this raises an exception, the
            caller rolls back what was written.

    Raises:
        AlreadyHandled: Messages were handled before.
        Conflict: A version is not the expected one.
        Duplicate: Another document has the same values in unique fields.
    """
    if commit.inbox:
        _receive(connection, commit.inbox)
    for append in commit.appends:
        _append(connection, append)
    for delete in commit.deletes:
        _delete(connection, statements, delete)
    if commit.puts:
        _put(connection, statements, commit.puts)
    if commit.drop_timers:
        connection.executemany(_DROP_TIMER, [(id,) for id in commit.drop_timers])
    if commit.set_timers:
        connection.executemany(_SET_TIMER, map(_timer_row, commit.set_timers))
    if commit.outbox:
        connection.executemany(_SEND, map(_message_row, commit.outbox))


def _receive(connection: sqlite3.Connection, inbox: tuple[Received, ...]) -> None:
    before = connection.total_changes
    try:
        connection.executemany(_RECEIVE, [(entry.message, entry.result) for entry in inbox])
    except sqlite3.IntegrityError as error:
        # Those before the first one that exists were new, and are in the table now.
        messages = [entry.message for entry in inbox]
        new = connection.total_changes - before
        if twice := {*messages[:new]} & {*messages[new:]}:
            raise ValueError(f"twice in one commit: {', '.join(twice)}") from error
        results = dict(connection.execute(RESULTS, (json.dumps(messages[new:]),)).fetchall())
        raise AlreadyHandled(results) from None


def _append(connection: sqlite3.Connection, append: Append) -> None:
    rows = [
        (append.stream, version, event.data)
        for version, event in enumerate(append.events, append.expected + 1)
    ]
    sql = _NEXT_EVENT if append.expected else _FIRST_EVENT
    if connection.executemany(sql, rows).rowcount != len(rows):
        raise Conflict


def _put(
    connection: sqlite3.Connection, statements: Mapping[str, Statements], puts: Iterable[Put]
) -> None:
    for (collection, new), group in groupby(puts, lambda put: (put.collection, not put.expected)):
        sql = statements[collection].insert if new else statements[collection].update
        row = _new_row if new else _changed_row
        rows = [row(put) for put in group]
        with _unique(statements[collection].collection):
            if connection.executemany(sql, rows).rowcount != len(rows):
                raise Conflict


@contextmanager
def _unique(collection: Collection) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError as error:
        for index, fields in unique_indexes(collection).items():
            if f"'{index}'" in str(error):
                raise Duplicate(collection.name, fields) from error
        raise


def _delete(
    connection: sqlite3.Connection, statements: Mapping[str, Statements], delete: Delete
) -> None:
    sql = statements[delete.collection].delete
    if connection.execute(sql, (delete.id, delete.expected)).rowcount == 0:
        raise Conflict


def _new_row(put: Put) -> tuple[str | int, ...]:
    return put.version, put.data, put.id


def _changed_row(put: Put) -> tuple[str | int, ...]:
    return put.version, put.data, put.id, put.expected


def _timer_row(timer: Timer) -> tuple[str, float, str, str]:
    return timer.id, timer.due.timestamp(), timer.handler, timer.data


def _message_row(message: Outgoing) -> tuple[str, str, str, str, bytes]:
    return message.topic, message.id, message.type, message.subject, message.data
