"""Files with documents in JSON, of version 2, get typed tables, and nothing of them is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from chassis.errors import Duplicate, Unavailable
from chassis.store.port import Commit, Field, Kind, Pending
from chassis.store.sqlite.store import open_sqlite

from .store_contract import NOW, ODD, PEOPLE, THINGS, content, message, person, timer

REPOSITORY = Path(__file__).parents[3]
SECOND = """
CREATE TABLE events (
    stream TEXT NOT NULL, version INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (stream, version)
);
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, id TEXT NOT NULL,
    type TEXT NOT NULL, subject TEXT NOT NULL, data BLOB NOT NULL
);
CREATE TABLE meta (generation INTEGER NOT NULL, pings INTEGER NOT NULL);
INSERT INTO meta VALUES (4, 7);
CREATE TABLE inbox (
    message TEXT PRIMARY KEY, result TEXT, generation INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE timers (
    id TEXT PRIMARY KEY, due REAL NOT NULL, handler TEXT NOT NULL, data TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX timers_by_due ON timers (due);
CREATE TABLE documents_things (id TEXT PRIMARY KEY, version INTEGER NOT NULL, data TEXT NOT NULL);
CREATE TABLE documents_aggregate_Person
    (id TEXT PRIMARY KEY, version INTEGER NOT NULL, data TEXT NOT NULL);
CREATE INDEX documents_aggregate_Person_by_name ON documents_aggregate_Person
    (json_extract(data, '$.name'), json_extract(data, '$.balance') COLLATE decimal,
    json_extract(data, '$.seen') COLLATE instant);
CREATE TABLE documents_aggregate_Unknown
    (id TEXT PRIMARY KEY, version INTEGER NOT NULL, data TEXT NOT NULL);
INSERT INTO documents_aggregate_Unknown VALUES ('1', 1, '{}');
PRAGMA user_version = 2;
"""
COLLECTIONS = (THINGS, replace(PEOPLE, former="aggregate_Person"))
EVENTS = [message(subject=f"s{number}", number=number) for number in range(1, 4)]
DUE = NOW + timedelta(microseconds=123456)
NUMBERS = range(1, 301)
LONG = 40_000
WRITES = (  # what a process of version 2 executes
    "INSERT INTO inbox (message, result, generation) "
    "VALUES ('x', NULL, (SELECT generation FROM meta))",
    "INSERT OR IGNORE INTO events (stream, version, data) "
    """VALUES ('y', 1, '{"id":"i","type":"t"}')""",
    "INSERT INTO outbox (topic, id, type, subject, data) VALUES ('t', 'i', 'y', 's', 'd')",
    "INSERT OR REPLACE INTO timers (id, due, handler, data) VALUES ('t', 1.0, 'h', 'd')",
    "INSERT INTO documents_things (version, data, id) VALUES (1, '{}', '9')",
    "UPDATE documents_aggregate_Person SET version = 2 WHERE id = '1'",
    "SELECT data FROM events WHERE stream = 'x'",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of version 2."""
    return written(tmp_path / "unit.db")


def written(path: Path, people: range = NUMBERS) -> Path:
    with closing(connect(path)) as old, old:
        old.execute("PRAGMA journal_mode = WAL")
        old.executescript(SECOND)
        for number, event in enumerate(EVENTS, 1):
            old.execute("INSERT INTO events VALUES ('x', ?, ?)", (number, event.data))
            row = number * 7, "t", event.id, event.type, event.subject, event.data
            old.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)", row)
        old.execute("INSERT INTO outbox VALUES (500, 't', 'i', 'y', 's', 'd')")
        old.execute("DELETE FROM outbox WHERE position = 500")
        old.execute("INSERT INTO inbox VALUES ('m', 'r', 3), (?, NULL, 4)", (ODD,))
        timers = [("soon", DUE.timestamp()), ("later", (DUE + timedelta(days=1)).timestamp())]
        old.executemany("INSERT INTO timers VALUES (?, ?, 'h', 'd')", timers)
        old.execute("""INSERT INTO documents_things VALUES ('1', 3, '{"n":1}')""")
        puts = (person(n, balance=f"{n}.50", address={"text": ODD}) for n in people)
        rows = [(put.id, put.version, put.data) for put in puts]
        old.executemany("INSERT INTO documents_aggregate_Person VALUES (?, ?, ?)", rows)
    return path


def connect(path: Path) -> sqlite3.Connection:
    """Open a file as version 2 does."""
    connection = sqlite3.connect(path)
    for collation in ("decimal", "instant"):
        connection.create_collation(collation, lambda a, b: (a > b) - (a < b))
    return connection


async def test_no_row_is_lost(path: Path) -> None:
    store = open_sqlite(path)
    await store.prepare(COLLECTIONS)
    assert await store.history("x", limit=10) == tuple(event.envelope for event in EVENTS)
    assert await store.pending(limit=10) == tuple(
        Pending(number * 7, event) for number, event in enumerate(EVENTS, 1)
    )
    assert await store.handled(("m", ODD)) == {"m": "r", ODD: None}
    assert await store.due(NOW + timedelta(days=9), 10) == (
        timer("soon", DUE),
        timer("later", DUE + timedelta(days=1)),
    )
    assert content(await store.get("things", "1")) == {"n": 1}
    for number in NUMBERS:
        put = person(number, balance=f"{number}.50", address={"text": ODD})
        found = await store.get("people", put.id)
        assert found is not None
        assert (found.version, content(found)["address"]) == (1, {"text": ODD})
    await store.commit(Commit(outbox=(message(),)))
    assert (await store.pending(after=21, limit=1))[0].position > 500, "none is used again"
    await store.forget(1)
    assert await store.handled(("m", ODD)) == {ODD: None}
    await store.close()
    with closing(connect(path)) as new:
        assert new.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = {name for (name,) in new.execute("SELECT name FROM sqlite_master")}
        assert "documents_aggregate_Unknown" in tables, "nobody has asked for it yet"
        assert not {name for name in tables if name.startswith("old_")}


async def test_an_older_process_that_still_runs_cannot_write(path: Path) -> None:
    with closing(connect(path)) as old:
        old.isolation_level = None
        for sql in WRITES:
            old.execute(sql.replace("'9'", "'8'"))
        assert len((await prepared(path)).execute("SELECT * FROM people").fetchall()) == len(
            NUMBERS
        )
        for sql in WRITES:
            with pytest.raises(sqlite3.OperationalError, match=r"no such|no column"):
                old.execute(sql)


async def test_documents_that_an_older_process_still_creates_replace_nothing(path: Path) -> None:
    """It may have opened the file before, and creates what is missing then."""
    (await prepared(path)).close()
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("CREATE TABLE documents_things (id TEXT PRIMARY KEY, version, data)")
        old.execute("""INSERT INTO documents_things VALUES ('1', 1, '{"n":8}'), ('2', 1, '{}')""")
    with closing(await prepared(path)) as new:
        found = new.execute("SELECT id, version, n FROM things ORDER BY id").fetchall()
        assert found == [("1", 3, 1), ("2", 1, None)]


async def test_several_processes_start_at_once(path: Path) -> None:
    stores = [open_sqlite(path) for _ in range(6)]
    await asyncio.gather(*(store.prepare(COLLECTIONS) for store in stores))
    for store in stores:
        assert content(await store.get("things", "1")) == {"n": 1}
        await store.close()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"name": None}, "NOT NULL constraint failed: people.name"),
        ({"color": "green"}, "CHECK constraint failed"),
        ({"number": "many"}, "cannot store TEXT value in INTEGER column"),
        ({"number": 2**70}, "too large"),
        ({"seen": "yesterday"}, "yesterday"),
        ({"balance": "a lot"}, "a lot"),
    ],
)
async def test_what_does_not_fit_is_kept_and_named(
    path: Path, data: dict[str, Any], reason: str
) -> None:
    put = person(1, **data)
    with closing(connect(path)) as old, old:
        row = put.data, put.id
        old.execute("UPDATE documents_aggregate_Person SET data = ? WHERE id = ?", row)
        before = [*old.execute("SELECT * FROM sqlite_master"), *everything(old)]
    store = open_sqlite(path)
    with pytest.raises(Unavailable, match=f"{put.id}.*of documents_aggregate_Person.*{reason}"):
        await store.prepare(COLLECTIONS)
    await store.close()
    with closing(sqlite3.connect(path)) as old:
        assert [*old.execute("SELECT * FROM sqlite_master"), *everything(old)] == before


async def test_a_document_without_a_field_has_its_default(path: Path) -> None:
    new = Field("shape", Kind.TEXT, default='"round"')
    store = open_sqlite(path)
    await store.prepare((replace(THINGS, fields=(*THINGS.fields, new)),))
    assert content(await store.get("things", "1")) == {"n": 1, "shape": "round"}
    await store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_kill_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    """The kill comes while documents are being taken over."""
    path = written(tmp_path / "unit.db", range(1, LONG + 1))
    script = f"""
import asyncio
from pathlib import Path
from tests.chassis.contracts.test_sqlite_documents import prepared
asyncio.run(prepared(Path({str(path)!r})))
"""
    environment = {**os.environ, "KILL_AT": "20000"}
    killed = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, env=environment)
    assert killed.returncode == -signal.SIGKILL
    with closing(connect(path)) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (2,)
        count = old.execute("SELECT count(*) FROM documents_aggregate_Person").fetchone()
        assert count == (LONG,)
    with closing(asyncio.run(prepared(path))) as new:
        assert new.execute("SELECT count(*) FROM people").fetchone() == (LONG,)


async def test_unique_values_hold_in_a_file_that_was_taken_over(path: Path) -> None:
    store = open_sqlite(path)
    await store.prepare(COLLECTIONS)
    await store.commit(Commit(puts=(person(1000, email="a"),)))
    with pytest.raises(Duplicate):
        await store.commit(Commit(puts=(person(1001, email="a"),)))
    await store.close()


async def prepared(path: Path) -> sqlite3.Connection:
    """Prepare a file, and return a connection to it."""
    store = open_sqlite(path)
    if kill_at := int(os.environ.get("KILL_AT", "0")):
        left = iter(range(kill_at))

        def count() -> int:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return 0

        store._write._connection.set_progress_handler(count, 100)
    await store.prepare(COLLECTIONS)
    await store.close()
    return sqlite3.connect(path)


def everything(connection: sqlite3.Connection) -> list[Any]:
    return [
        (name, connection.execute(f"SELECT * FROM {name}").fetchall())
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
