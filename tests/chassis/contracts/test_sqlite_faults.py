"""What the SQLite store does when its file, or the disk, is not as it should be."""

from __future__ import annotations

import asyncio
import resource
import signal
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from chassis.errors import Unavailable
from chassis.store import sqlite_file
from chassis.store.port import Commit, Query, Store
from chassis.store.sqlite import SqliteStore, open_sqlite

from .store_contract import THINGS, message, put, received


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "unit.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    store = open_sqlite(path)
    await store.prepare((THINGS,))
    yield store
    await store.close()


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


async def everything(store: Store) -> Commit:
    return Commit(puts=(put("1"),), inbox=received("m"), outbox=(message(),))


async def assert_nothing_of_it(store: Store) -> None:
    assert await store.get("things", "1") is None
    assert await store.handled(("m",)) == {}
    assert await store.pending(limit=10) == ()


async def test_another_process_may_hold_the_lock_for_a_moment(store: Store, path: Path) -> None:
    with locked(path) as other:
        writing = asyncio.create_task(store.commit(Commit(puts=(put("1"),))))
        await asyncio.sleep(0.05)
        assert not writing.done()
        other.execute("COMMIT")
        await writing


async def test_reads_do_not_wait_for_a_writer(store: Store, path: Path) -> None:
    await store.commit(Commit(puts=(put("1"),)))
    with locked(path):
        assert await store.get("things", "1") is not None
        assert len(await store.find(Query(collection="things", limit=10))) == 1


async def test_a_file_that_stays_locked(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_LOCK_SECONDS", 0.05)
    with locked(path):
        with pytest.raises(Unavailable, match=r"unit\.db: another process has locked it"):
            await store.commit(await everything(store))
        with pytest.raises(Unavailable, match=r"unit\.db: another process has locked it"):
            await store.ping()
    await assert_nothing_of_it(store)
    await store.commit(await everything(store))


async def test_reads_wait_while_another_process_recovers_the_file(path: Path) -> None:
    """The first process after a crash locks out readers, too, while it reads the log."""
    with closing(sqlite3.connect(path)) as creator:
        creator.execute("PRAGMA journal_mode = WAL")
    store = open_sqlite(path)
    await store.prepare((THINGS,))
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        await store.commit(Commit(puts=(put("1"),)))
        reader = store._read._inline
        busy = sqlite3.OperationalError("database is locked")
        busy.sqlite_errorcode = sqlite3.SQLITE_BUSY

        class Busy:
            def execute(self, *_: object) -> None:
                raise busy

            def close(self) -> None:
                reader.close()

        store._read._inline = Busy()  # type: ignore[assignment]
        assert await store.get("things", "1") is not None
        other.execute("SELECT 1")
    await store.close()
