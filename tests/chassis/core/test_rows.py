"""Searching: every order and page against what Python says, and cursors that cannot be forged."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.errors import InvalidCursor, InvalidQuery
from chassis.runtime.rows import Rows
from chassis.runtime.work import Work
from chassis.store.sqlite.store import SqliteStore, open_sqlite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    id: UUID
    text: str = ""
    number: int = 0
    amount: Decimal = Decimal(0)
    at: datetime = datetime(2030, 1, 1, tzinfo=UTC)
    day: date = date(2030, 1, 1)
    flag: bool = False
    color: Color | None = None
    prices: dict[UUID, Decimal] | None = None


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = open_sqlite(tmp_path / "unit.db")
    yield store
    await store.close()


async def fill(store: SqliteStore, *things: Thing, name: str = "things") -> Rows[Thing]:
    rows = Rows(store, name, Thing, patterns=[(("color",), ("-at",)), ((), ("amount",))])
    await store.prepare((rows.collection,))
    work = Work(store)
    for thing in things:
        rows.put(work, str(thing.id), thing, expected=0, version=1)
    await store.commit(work.changes)
    return rows


async def test_a_row_is_read_as_it_was_written(store: SqliteStore) -> None:
    thing = Thing(
        id=uuid4(),
        text='"ü" \u2028 {{',
        amount=Decimal("0.10"),
        at=datetime(2030, 1, 1, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2))),
        color=Color.BLUE,
        prices={uuid4(): Decimal("12345678901234567890.123456789")},
    )
    rows = await fill(store, thing)
    found = await rows.get(store, str(thing.id))
    assert found is not None
    assert (found.state, found.version) == (thing, 1)
    assert str(found.state.amount) == "0.10"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", "x"),
        ("number", "7"),
        ("number", 7),
        ("amount", "1.50"),
        ("amount", Decimal("1.5")),
        ("at", "2031-01-01T01:00:00+01:00"),
        ("day", "2031-01-01"),
        ("day", date(2031, 1, 1)),
        ("flag", "true"),
        ("flag", True),
        ("color", "red"),
        ("color", Color.RED),
        ("id", "00000000-0000-0000-0000-000000000007"),
        ("id", UUID(int=7)),
    ],
)
async def test_a_value_may_be_text_or_typed(store: SqliteStore, field: str, value: object) -> None:
    wanted = Thing(
        id=UUID(int=7),
        text="x",
        number=7,
        amount=Decimal("1.5"),
        at=datetime(2031, 1, 1, tzinfo=UTC),
        day=date(2031, 1, 1),
        flag=True,
        color=Color.RED,
    )
    rows = await fill(store, wanted, Thing(id=uuid4()))
    by = await rows.search({field: value}, {}, (), 10, None)
    filtered = await rows.search({}, {"text": None, field: value}, (), 10, None)
    assert by.items == filtered.items == (wanted,)


@pytest.mark.parametrize(
    ("by", "sort", "field"),
    [
        ({"nothing": 1}, (), "nothing"),
        ({"prices": "x"}, (), "prices"),
        ({"text') OR 1=1 --": 1}, (), "text') OR 1=1 --"),
        ({"number": "seven"}, (), "number"),
        ({"number": 2**63}, (), "number"),
        ({"id": "7"}, (), "id"),
        ({"color": "green"}, (), "color"),
        ({"text": "\ud800"}, (), "text"),
        ({}, ("-nothing",), "nothing"),
        ({}, ("--text",), "-text"),
    ],
)
async def test_what_cannot_be_asked(
    store: SqliteStore, by: dict[str, Any], sort: tuple[str, ...], field: str
) -> None:
    rows = await fill(store)
    with pytest.raises(InvalidQuery) as raised:
        await rows.search(by, {}, sort, 10, None)
    assert raised.value.field == field


amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**25), max_value=10**25)
moments = st.datetimes(
    min_value=datetime(1, 1, 3),
    max_value=datetime(9999, 12, 28),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
things = st.builds(
    Thing,
    id=st.uuids(),
    text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3),
    number=st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1),
    amount=amounts | st.integers(0, 3).map(Decimal),
    at=moments | st.just(datetime(2030, 1, 1, tzinfo=UTC)),
    flag=st.booleans(),
    color=st.none() | st.sampled_from(Color),
)
sorts = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["text", "number", "amount", "at", "flag", "color"])),
    max_size=3,
    unique_by=lambda sort: sort[1],
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    all_things=st.lists(things, max_size=14, unique_by=lambda thing: thing.id),
    sort=sorts,
    limit=st.integers(1, 5),
)
async def test_pages_are_what_python_would_cut(
    store: SqliteStore, all_things: list[Thing], sort: list[tuple[bool, str]], limit: int
) -> None:
    expected = sorted(all_things, key=lambda thing: str(thing.id))
    for descending, field in reversed(sort):
        expected.sort(key=lambda thing: _nulls_first(thing, field), reverse=descending)
    names = tuple("-" * descending + field for descending, field in sort)

    rows = await fill(store, *all_things, name=f"things_{uuid4().hex}")
    page = await rows.search({}, {}, names, limit, None)
    seen = [page.items]
    while page.next is not None and len(seen) < 20:
        page = await rows.search({}, {}, names, limit, page.next)
        seen.append(page.items)
    # `reverse=True` keeps equal things in their order, as does the id at the end of every sort.
    assert [thing for items in seen for thing in items] == expected
    assert all(len(items) == limit for items in seen[:-1])


def _nulls_first(thing: Thing, field: str) -> tuple[bool, Any]:
    value = getattr(thing, field)
    return (value is not None, value.encode() if isinstance(value, str) else value)


async def test_a_cursor_belongs_to_its_query(store: SqliteStore) -> None:
    rows = await fill(store, *(Thing(id=uuid4(), number=n) for n in range(5)))
    cursor = (await rows.search({}, {"flag": False}, ("number",), 2, None)).next
    assert cursor is not None
    for filter, sort in (
        ({"flag": True}, ("number",)),
        ({}, ("number",)),
        ({"flag": False}, ("-number",)),
        ({"flag": False}, ("number", "text")),
    ):
        with pytest.raises(InvalidCursor):
            await rows.search({}, filter, sort, 2, cursor)
    assert len((await rows.search({}, {"flag": False}, ("number",), 9, cursor)).items) == 3


@settings(max_examples=200, deadline=None)
@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_a_cursor_from_nowhere_is_invalid(cursor: str) -> None:
    from chassis.runtime.cursor import read_cursor
    from chassis.store.port import Query

    with pytest.raises(InvalidCursor):
        read_cursor(cursor, Query(collection="things", limit=1), {})


async def test_a_forged_cursor_is_invalid(store: SqliteStore) -> None:
    rows = await fill(store, *(Thing(id=uuid4(), number=n, text="x") for n in range(5)))
    cursor = (await rows.search({}, {}, ("number", "text"), 2, None)).next
    assert cursor is not None
    fingerprint, *_ = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    for forged in (
        [fingerprint, "one", "x", "id"],
        [fingerprint, 10**30, "x", "id"],
        [fingerprint, [1], "x", "id"],
        [fingerprint, 1, {"a": 1}, "id"],
        [fingerprint, 1, "x"],
        [fingerprint, 1, "x", 5],
        [fingerprint, 1, "x", "\ud800"],
        [fingerprint, 1, "\ud800", "id"],
        [fingerprint, 1, "x", "id", "more"],
        [fingerprint + 1, 1, "x", "id"],
        {"a": 1},
        5,
        None,
        [],
    ):
        text = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode()
        with pytest.raises(InvalidCursor):
            await rows.search({}, {}, ("number", "text"), 2, text)
