"""The tables in an SQLite file as a third party sees them, and how they change."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chassis.store.port import AccessPattern, Collection, Commit, Field, Kind, Put, Sort
from chassis.store.sqlite.store import SqliteStore, open_sqlite

from .store_contract import NOW, content, in_collection, message, timer

NOW_TEXT = "2030-01-01T12:00:00.000000Z"
ORDER = Collection(
    name="order",  # a keyword
    id="order_id",
    fields=(
        Field("order_id", Kind.UUID),
        Field("status", Kind.ENUM, values=("placed", "it's paid")),
        Field("total", Kind.DECIMAL),
        Field("at", Kind.INSTANT),
        Field("gift", Kind.BOOLEAN),
        Field("lines", Kind.JSON),
        Field("note", Kind.JSON, optional=True),
    ),
    patterns=(AccessPattern(by=("status",), sort=(Sort("total", descending=True),)),),
    unique=(("at",),),
)
ADDED: dict[str, Any] = {
    "needed": "x",
    "color": "red",
    "gift2": False,
    "seen": NOW_TEXT,
    "tags": [],
}
SHORT = Collection(name="short", fields=(Field("n", Kind.INTEGER),))
ID = "00000000-0000-0000-0000-00000000000"


def order(number: int, at: int = 1, **data: Any) -> Put:
    id = f"{ID}{number}"
    values = {
        "order_id": id,
        "status": "placed",
        "total": f"{number}.50",
        "at": f"2030-01-01T12:00:0{number}+02:00",
        "gift": True,
        "lines": [{"n": 1}],
    }
    return in_collection("order", id, at, **values | data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "unit.db"


async def prepared(path: Path, *collections: Collection) -> SqliteStore:
    store = open_sqlite(path)
    await store.prepare(collections)
    return store


@contextmanager
def plain(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that knows nothing of the chassis; the shell has this collation, too."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.create_collation("decimal", lambda a, b: int(float(a) > float(b)) * 2 - 1)
        yield connection


def changed(collection: Collection, **fields: Field | None) -> Collection:
    """Return a collection with other fields; None removes one."""
    kept = {field.key: field for field in collection.fields} | fields
    return replace(collection, fields=tuple(field for field in kept.values() if field))


async def test_typed_columns_with_constraints(path: Path) -> None:
    store = await prepared(path, ORDER, SHORT)
    await store.commit(Commit(puts=(order(1), order(9), order(2)), set_timers=(timer("a", NOW),)))
    await store.close()
    with plain(path) as db:
        columns = db.execute("SELECT name, type, \"notnull\", pk FROM pragma_table_info('order')")
        assert columns.fetchall() == [
            ("order_id", "TEXT", 1, 1),
            ("version", "INTEGER", 1, 0),
            ("status", "TEXT", 1, 0),
            ("total", "TEXT", 1, 0),
            ("at", "TEXT", 1, 0),
            ("gift", "INTEGER", 1, 0),
            ("lines", "TEXT", 1, 0),
            ("note", "TEXT", 0, 0),
        ]
        options = db.execute("SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main'")
        found = {name: (wr, strict) for name, wr, strict in options}
        assert found["order"] == (0, 1), "rows with JSON may be long"
        assert found["short"] == found["inbox"] == found["timers"] == (1, 1)
        assert found["events"] == found["outbox"] == (0, 1)
        rows = db.execute('SELECT total, at, gift, lines, note FROM "order" ORDER BY order_id')
        assert rows.fetchone() == ("1.50", "2030-01-01T10:00:01.000000Z", 1, '[{"n":1}]', None)
        assert db.execute("SELECT due_at FROM timers").fetchall() == [(NOW_TEXT,)]
        indexes = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        assert {"order_by_status_total_d", "order_unique_at"} <= indexes


@pytest.mark.parametrize(
    "change",
    [
        "status = 'lost'",
        "status = NULL",
        "gift = 2",
        "lines = '{'",
        "note = 'no JSON'",
        "version = 'many'",
        f"at = (SELECT at FROM \"order\" WHERE order_id <> '{ID}1')",
    ],
)
async def test_what_constraints_refuse(path: Path, change: str) -> None:
    store = await prepared(path, ORDER)
    await store.commit(Commit(puts=(order(1), order(2))))
    await store.close()
    with plain(path) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(f"UPDATE \"order\" SET {change} WHERE order_id = '{ID}1'")


async def test_an_optional_value_object_may_be_null(path: Path) -> None:
    store = await prepared(path, ORDER)
    await store.commit(Commit(puts=(order(1, note=None), order(2, note={"text": "\0 ü"}))))
    await store.commit(Commit(puts=(order(2, 2, note=None),)))
    assert "note" not in content(await store.get("order", f"{ID}2"))
    await store.close()


@pytest.mark.parametrize(
    "later",
    [
        changed(ORDER, color=Field("color", Kind.TEXT, optional=True)),
        changed(ORDER, color=Field("color", Kind.ENUM, default='"red"', values=("red",))),
        changed(ORDER, gift2=Field("gift2", Kind.BOOLEAN, default="false")),
        changed(ORDER, seen=Field("seen", Kind.INSTANT, default=f'"{NOW_TEXT}"')),
        changed(ORDER, tags=Field("tags", Kind.JSON, default="[]")),
        changed(ORDER, needed=Field("needed", Kind.TEXT)),  # there is no value for old rows
        replace(changed(ORDER, total=None), patterns=()),
        changed(ORDER, lines=Field("lines", Kind.JSON, optional=True)),
        changed(ORDER, status=Field("status", Kind.ENUM, values=("placed", "sent"))),
        replace(ORDER, patterns=(AccessPattern(by=("gift",)),)),
    ],
)
async def test_a_collection_changes_while_an_older_process_runs(
    path: Path, later: Collection
) -> None:
    fields = {field.key for field in later.fields}
    old = await prepared(path, ORDER)
    await old.commit(Commit(puts=(order(1), order(2, status="it's paid")), outbox=(message(),)))
    new = await prepared(path, later)
    await old.commit(Commit(puts=(order(3), order(1, 2))))
    for store in (old, new):
        for number in (1, 2, 3):
            assert content(await store.get("order", f"{ID}{number}"))["gift"] is True
    values = {key: value for key, value in ADDED.items() if key in fields}
    await new.commit(Commit(puts=(order(4, **values),)))
    assert content(await old.get("order", f"{ID}4"))["lines"] == [{"n": 1}]
    with plain(path) as db:
        before = db.execute("SELECT sql FROM sqlite_master").fetchall()
        again = await prepared(path, later)
        assert db.execute("SELECT sql FROM sqlite_master").fetchall() == before
        await again.close()
    for store in (old, new):
        await store.close()
