"""The searches of the runtime on Cassandra: tests that run on SQLite, and those of its tables."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
from chassis.runtime.removal import remove_all
from chassis.runtime.rows import Rows
from chassis.runtime.work import Work
from chassis.store.cassandra.queries import best_table
from chassis.store.cassandra.store import CassandraStore, open_cassandra
from chassis.store.port import Query, Store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.chassis.core.test_rows import (
    Thing,
    test_a_cursor_belongs_to_its_query,
    test_a_forged_cursor_is_invalid,
    test_a_row_is_read_as_it_was_written,
    test_a_value_may_be_text_or_typed,
    test_what_cannot_be_asked,
    things,
)

__all__ = [
    "test_a_cursor_belongs_to_its_query",
    "test_a_forged_cursor_is_invalid",
    "test_a_row_is_read_as_it_was_written",
    "test_a_value_may_be_text_or_typed",
    "test_what_cannot_be_asked",
]


@pytest.fixture(scope="session")
def unit() -> str:
    return f"unit_{uuid4().hex}"


@pytest.fixture
async def store(cassandra_url: str, unit: str) -> AsyncIterator[Store]:
    store = open_cassandra(cassandra_url, unit)
    yield store
    await remove_all(store, "things")
    await store.close()


PATTERNS = (
    (("flag",), ("-at",)),
    (("color",), ("amount", "-number")),
    (("amount", "day"), ("text",)),
    (("flag",), ()),
    ((), ("-color", "text")),
)


@pytest.fixture(scope="session")
def keyspace() -> str:
    return f"unit_{uuid4().hex}"


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_the_table_of_a_query_has_its_rows_in_order(
    cassandra_url: str, keyspace: str, data: st.DataObject
) -> None:
    """Also after the rows have moved: each is written, then changed, then some are removed."""
    store = open_cassandra(cassandra_url, keyspace)
    rows = Rows(store, "things", Thing, patterns=PATTERNS, id="id")
    await store.prepare((rows.collection,))
    await remove_all(store, "things")
    first = data.draw(st.lists(things, max_size=6, unique_by=lambda thing: thing.id))
    then = [data.draw(st.none() | st.just(thing) | _changed(thing)) for thing in first]
    await _write(store, rows, [(thing, thing) for thing in first], 1)
    await _write(store, rows, list(zip(first, then, strict=True)), 2)
    there = [thing for thing in then if thing is not None]
    for by, sort in PATTERNS:
        given = data.draw(st.sampled_from(there)) if there else Thing(id=uuid4())
        wanted = {field: getattr(given, field) for field in by}
        if any(value is None for value in wanted.values()):
            continue  # a search leaves these out
        query = Query(collection="things", sort=rows._sorts(sort), limit=2)
        assert best_table(store.layout("things"), query, by) is not None
        found: list[Thing] = []
        cursor: str | None = None
        while True:
            page = await rows.search(wanted, {}, sort, 2, cursor)
            found += page.items
            if (cursor := page.next) is None:
                break
        expected = [t for t in there if all(getattr(t, f) == v for f, v in wanted.items())]
        assert found == _sorted(expected, sort)
    await store.close()


def _changed(thing: Thing) -> st.SearchStrategy[Thing]:
    return things.map(lambda other: replace(other, id=thing.id))


async def _write(
    store: CassandraStore, rows: Rows[Thing], changes: list[tuple[Thing, Thing | None]], at: int
) -> None:
    work = Work(store)
    for before, after in changes:
        if after is None:
            rows.delete(work, str(before.id), expected=at - 1)
        else:
            rows.put(work, str(after.id), after, expected=at - 1, version=at)
    await store.commit(work.changes)


def _sorted(found: list[Thing], sort: tuple[str, ...]) -> list[Thing]:
    found = sorted(found, key=lambda thing: str(thing.id))
    for name in reversed(sort):
        field, down = name.removeprefix("-"), name.startswith("-")

        def key(thing: Thing, field: str = field) -> tuple[bool, object]:
            value = getattr(thing, field)
            return value is not None, value if value is not None else 0

        found.sort(key=key, reverse=down)
    return found
