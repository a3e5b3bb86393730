"""Files that older versions have written are carried over without losing a row."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from chassis.errors import AlreadyHandled, Unavailable
from chassis.store.port import Append, Commit, Pending
from chassis.store.sqlite.store import open_sqlite

from .store_contract import NOW, THINGS, content, message, put, received, timer

FIRST = """
CREATE TABLE IF NOT EXISTS events (
    stream TEXT NOT NULL, version INTEGER NOT NULL, envelope BLOB NOT NULL,
    PRIMARY KEY (stream, version)
);
CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY, topic TEXT NOT NULL, envelope BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS inbox (
    message TEXT PRIMARY KEY, result TEXT, handled_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS inbox_by_age ON inbox (handled_at);
CREATE TABLE IF NOT EXISTS timers (
    id TEXT PRIMARY KEY, due REAL NOT NULL, handler TEXT NOT NULL, data TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timers_by_due ON timers (due);
CREATE TABLE documents_things (id TEXT PRIMARY KEY, version INTEGER NOT NULL, data TEXT NOT NULL);
"""
EVENTS = [message(subject=f"s{number}", number=number) for number in range(1, 4)]
DUE = NOW + timedelta(microseconds=123456)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of the first version."""
    path = tmp_path / "unit.db"
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("PRAGMA journal_mode = WAL")
        old.executescript(FIRST)
        for number, event in enumerate(EVENTS, 1):
            old.execute("INSERT INTO events VALUES ('x', ?, ?)", (number, event.data))
            old.execute("INSERT INTO outbox VALUES (?, 't', ?)", (number * 7, event.data))
        old.execute("INSERT INTO inbox VALUES ('m', 'r', 1), ('n', NULL, 2)")
        old.execute(
            "INSERT INTO timers VALUES ('later', ?, 'h', 'd'), ('soon', ?, 'h', 'd')",
            ((DUE + timedelta(days=1)).timestamp(), DUE.timestamp()),
        )
        old.execute("""INSERT INTO documents_things VALUES ('1', 3, '{"n":1}')""")
    return path


async def test_no_row_is_lost(path: Path) -> None:
    store = open_sqlite(path)
    await store.prepare((THINGS,))
    assert await store.history("x", limit=10) == tuple(event.envelope for event in EVENTS)
    assert await store.pending(limit=10) == tuple(
        Pending(number * 7, event) for number, event in enumerate(EVENTS, 1)
    )
    assert await store.handled(("m", "n")) == {"m": "r", "n": None}
    assert await store.due(NOW + timedelta(days=9), 10) == (
        timer("soon", DUE),
        timer("later", DUE + timedelta(days=1)),
    )
    found = await store.get("things", "1")
    assert found is not None
    assert (found.version, content(found)) == (3, {"n": 1})
    await store.close()


async def test_a_migrated_file_is_written(path: Path) -> None:
    store = open_sqlite(path)
    await store.prepare((THINGS,))
    sent = message()
    await store.commit(
        Commit(
            puts=(put("1", 4),),
            appends=(Append(stream="x", expected=3, events=(sent,)),),
            outbox=(sent,),
            inbox=received("new"),
            drop_timers=("soon",),
        )
    )
    with pytest.raises(AlreadyHandled):
        await store.commit(Commit(inbox=received("m")))
    assert [each.message for each in await store.pending(limit=10)] == [*EVENTS, sent]
    await store.forget(1)
    assert len(await store.handled(("m", "n", "new"))) == 3, "of the generation that has just ended"
    await store.forget(1)
    assert await store.handled(("m", "n", "new")) == {}
    await store.close()


async def test_a_relay_of_the_older_version_removes_nothing_of_ours(path: Path) -> None:
    """It may still run while the new version is being rolled out, and knows old positions."""
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("DELETE FROM outbox")
        store = open_sqlite(path)
        await store.prepare(())
        await store.commit(Commit(outbox=(message(),)))
        old.executemany("DELETE FROM outbox WHERE position = ?", [(n,) for n in range(100)])
        assert await store.outbox_size() == 1
        with pytest.raises(sqlite3.IntegrityError):
            old.execute("INSERT INTO outbox (topic, envelope) VALUES ('t', 'e')")
        await store.close()


async def test_several_processes_open_an_old_file_at_once(path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(open_sqlite, [path] * 8))
    await asyncio.gather(*(store.prepare((THINGS,)) for store in stores))
    for store in stores:
        assert await store.outbox_size() == 3
        assert len(await store.handled(("m", "n"))) == 2
        await store.close()


async def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("INSERT INTO outbox VALUES (100, 't', 'this is no envelope')")
        before = contents(old)
    store = open_sqlite(path)
    with pytest.raises(Unavailable, match="malformed JSON"):
        await store.prepare((THINGS,))
    await store.close()
    with closing(sqlite3.connect(path)) as old:
        assert contents(old) == before


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as new:
        new.execute("PRAGMA user_version = 99")
        before = contents(new)
        with pytest.raises(Unavailable, match="a newer version of this program wrote it"):
            open_sqlite(path)
        assert contents(new) == before


def contents(connection: sqlite3.Connection) -> list[Any]:
    return [connection.execute("PRAGMA user_version").fetchall(), *connection.iterdump()]
