"""What the SQLite store does when its file, or the disk, is not as it should be."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from chassis.errors import Unavailable
from chassis.store.port import Commit, Query, Store
from chassis.store.sqlite import file as sqlite_file
from chassis.store.sqlite.store import SqliteStore, open_sqlite

from .store_contract import THINGS, message, put, received

REPOSITORY = Path(__file__).parents[3]


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


def large(id: str = "1") -> Commit:
    return Commit(puts=(put(id, owner="x" * 100_000),), inbox=received(id), outbox=(message(),))


def set_pragma(store: SqliteStore, pragma: str) -> None:
    """Set a pragma of the connection that writes."""
    store._write._connection.execute(f"PRAGMA {pragma}")


async def assert_empty(store: Store) -> None:
    assert await store.find(Query(collection="things", limit=10)) == ()
    assert await store.handled(("1",)) == {}
    assert await store.pending(limit=10) == ()


async def test_another_process_may_hold_the_lock_for_a_moment(store: Store, path: Path) -> None:
    with locked(path) as other:
        writing = asyncio.create_task(store.commit(large()))
        await asyncio.sleep(0.05)
        assert not writing.done()
        other.execute("COMMIT")
        await writing


async def test_reads_do_not_wait_for_a_writer(store: Store, path: Path) -> None:
    await store.commit(large())
    with locked(path):
        assert await store.get("things", "1") is not None
        assert len(await store.find(Query(collection="things", limit=10))) == 1


async def test_a_file_that_stays_locked(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_LOCK_SECONDS", 0.05)
    with locked(path):
        for write in (partial(store.commit, large()), store.ping):
            with pytest.raises(Unavailable, match=r"unit\.db: another process has locked it"):
                await write()
    await assert_empty(store)
    await store.commit(large())


async def test_a_read_waits_while_another_process_recovers_the_file(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That locks out readers, too, but not the event loop."""
    await store.commit(large())
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY

    def refuse(*_: object) -> None:
        raise busy

    with monkeypatch.context() as patched:
        patched.setattr(store._read, "_inline", SimpleNamespace(execute=refuse))
        assert await store.get("things", "1") is not None


async def test_a_full_disk(store: SqliteStore) -> None:
    set_pragma(store, "max_page_count = 20")
    with pytest.raises(Unavailable, match=r"unit\.db: there is no space left"):
        await store.commit(large())
    results = await asyncio.gather(
        *(store.commit(large(str(n))) for n in range(5)), return_exceptions=True
    )
    assert {type(result) for result in results} == {Unavailable}
    await assert_empty(store)
    set_pragma(store, "max_page_count = 1000000")
    await store.commit(large())
    assert await store.outbox_size() == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of file sizes")
def test_a_file_system_that_refuses_to_write(path: Path) -> None:
    """In a process of its own: the limit holds for all of its files."""
    script = f"""
import asyncio, os, resource, signal
from pathlib import Path
from tests.chassis.contracts.test_sqlite_faults import refused
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
asyncio.run(refused(Path({str(path)!r})))
"""
    subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=True, timeout=120)


async def refused(path: Path) -> None:
    import resource  # not on Windows

    store = open_sqlite(path)
    await store.prepare((THINGS,))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = path.with_name("unit.db-wal")
    for room, writes in (
        (2_000, (store.ping, partial(store.commit, large()))),  # nothing fits
        (50_000, (partial(store.commit, large()),)),  # a part of it fits
    ):
        resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(log) + room, hard))
        for write in writes:
            with pytest.raises(Unavailable, match=r"unit\.db: it cannot be read or written"):
                await write()
        await assert_empty(store)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await store.commit(large())
    await store.ping()
    await store.close()
    again = open_sqlite(path)
    assert await again.outbox_size() == 1
    await again.close()


async def test_a_file_that_must_not_be_written(store: SqliteStore) -> None:
    set_pragma(store, "query_only = ON")
    for write in (partial(store.commit, large()), store.ping):
        with pytest.raises(Unavailable, match=r"unit\.db: it cannot be written"):
            await write()
    await assert_empty(store)
    set_pragma(store, "query_only = OFF")
    await store.commit(large())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is open")
async def test_a_file_that_was_removed(store: Store, path: Path) -> None:
    """What is written to it would be lost."""
    await store.commit(large())
    for file in path.parent.glob("unit.db*"):
        file.unlink()
    for write in (partial(store.commit, large("2")), store.ping, partial(store.forget, 1)):
        with pytest.raises(Unavailable, match=r"unit\.db: the file was removed"):
            await write()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is open")
async def test_a_file_that_was_replaced(store: Store, path: Path) -> None:
    """Also while the old one is being closed, the new one is not disturbed."""
    shutil.rmtree(path.parent)
    new = open_sqlite(path)
    await new.prepare((THINGS,))
    await new.commit(large())
    with pytest.raises(Unavailable, match="replaced by another one"):
        await store.ping()
    await store.close()
    await new.commit(large("2"))
    another = open_sqlite(path)
    assert await another.outbox_size() == 2
    await another.close()
    await new.close()


async def test_a_damaged_file(path: Path) -> None:
    store = open_sqlite(path)
    await store.prepare((THINGS,))
    await store.commit(Commit(puts=tuple(put(str(n), owner="x" * 1000) for n in range(100))))
    await store.close()
    with closing(sqlite3.connect(path)) as file:
        (page,) = file.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'things'"
        ).fetchone()
    begin = (page - 1) * 4096
    with path.open("r+b") as damaged:
        damaged.seek(begin)
        damaged.write(os.urandom(path.stat().st_size - begin))
    store = open_sqlite(path)
    await store.prepare((THINGS,))
    reads: list[Callable[[], Awaitable[object]]] = [
        partial(store.get, "things", "1"),
        partial(store.find, Query(collection="things", limit=100)),
        partial(store.commit, large("1000")),
    ]
    for read in reads:
        with pytest.raises(Unavailable, match=r"unit\.db: it is damaged"):
            await read()
    await store.close()


async def test_what_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "unit.db").write_text("this is no database, but a text of some length" * 100)
    with pytest.raises(Unavailable, match=r"unit\.db: it is not a database"):
        open_sqlite(tmp_path / "unit.db")
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="file"):
        open_sqlite(tmp_path / "file" / "unit.db")


async def test_a_closed_store(store: Store) -> None:
    await store.close()
    calls: list[Callable[[], Awaitable[object]]] = [
        partial(store.commit, large()),
        partial(store.get, "things", "1"),
        partial(store.find, Query(collection="things", limit=1)),
        store.ping,
    ]
    for call in calls:
        with pytest.raises(Unavailable, match="the store is closed"):
            await call()


async def test_the_log_does_not_grow_for_ever(store: Store, path: Path) -> None:
    """Neither with several processes, nor with readers: none of them keeps a snapshot."""
    another = open_sqlite(path)
    await another.prepare((THINGS,))
    log, sizes = path.with_name("unit.db-wal"), []
    await store.commit(Commit(puts=(put("0"),)))
    for version in range(2, 300):
        side, other = (store, another) if version % 2 else (another, store)
        search = asyncio.create_task(other.find(Query(collection="things", limit=10)))
        await side.commit(Commit(puts=(put("0", version, owner=str(version) * 50_000),)))
        await other.get("things", "0")
        await search
        sizes.append(log.stat().st_size)
    await another.close()
    assert max(sizes) < 16 << 20
