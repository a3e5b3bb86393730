"""Long histories: read once and in pages, then from snapshots; and states as of a moment."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.domain import Context
from chassis.envelope import Envelope, Outgoing
from chassis.messages import Catalog, Command, Event, MessageType
from chassis.runtime import snapshots
from chassis.runtime.aggregates import EventRepository, Loaded
from chassis.runtime.work import Work
from chassis.service import EventSourced
from chassis.store.port import Commit, Put, Stored
from chassis.store.sqlite.store import SqliteStore, open_sqlite

EVENTS = 20  # in a work
START = datetime(2030, 1, 1, tzinfo=UTC)


class Add(Command):
    id: UUID
    number: int


class Added(Event):
    id: UUID
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    id: UUID
    total: int = 0


def decide(command: Add, sum: Sum | None, context: Context) -> Iterator[Added]:
    yield Added(id=command.id, number=command.number)


def evolve(sum: Sum | None, event: Added) -> Sum:
    sum = sum or Sum(id=event.id)
    return replace(sum, total=sum.total + event.number)


SUMS = EventSourced(Sum, decide=decide, evolve=evolve, id="id")
MESSAGES = Catalog(
    system="test",
    messages=(
        MessageType(Add, name="Add", topic="commands", subject="id"),
        MessageType(Added, name="Added", topic="events", subject="id"),
    ),
    partitions=1,
    retention=timedelta(days=1),
)


class Counted:
    """Counts the reads of a store."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.reads: Counter[str] = Counter()
        self.events = 0

    async def get(self, collection: str, id: str) -> Stored | None:
        self.reads["get"] += 1
        return await self._store.get(collection, id)

    async def get_many(self, collection: str, ids: tuple[str, ...]) -> Mapping[str, Stored]:
        self.reads["get_many"] += 1
        return await self._store.get_many(collection, ids)

    async def history(self, stream: str, *, after: int = 0, limit: int) -> tuple[Envelope, ...]:
        self.reads["history"] += 1
        found = await self._store.history(stream, after=after, limit=limit)
        self.events += len(found)
        return found


class Sums:
    """Writes and loads the sum `id`."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.repository = EventRepository(SUMS, MESSAGES)
        self.id = uuid4()
        self.snapshots_written = 0

    async def add(self, count: int) -> None:
        """Append `count` events of 1, some in each work, a minute after the other."""
        for start in range(0, count, EVENTS):
            work = Work(self.store)
            for _ in range(min(EVENTS, count - start)):
                await self.add_to(work)
            self.snapshots_written += len(work.changes.puts)
            await self.store.commit(work.changes)

    async def add_to(self, work: Work) -> None:
        before = await self.repository.load(work, str(self.id))
        event = Added(id=self.id, number=1)
        message = Outgoing.of("events", self.envelope(event, before.version + 1))
        state = evolve(before.state, event)
        self.repository.write(work, str(self.id), before, state, (message,))

    async def load(self, reads: Any = None) -> Loaded:
        return await self.repository.load(Work(reads or self.store), str(self.id))

    def envelope(self, event: Added, version: int) -> Envelope:
        return Envelope(
            id=uuid4(),
            source="/test/sum",
            type="Added",
            subject=str(self.id),
            time=START + timedelta(minutes=version),
            data=event.model_dump(mode="json"),
            correlation_id=uuid4(),
            sequence=version,
        )


@pytest.fixture
async def sums(tmp_path: Path) -> AsyncIterator[Sums]:
    store = open_sqlite(tmp_path / "unit.db")
    sums = Sums(store)
    await store.prepare(sums.repository.collections)
    yield sums
    await store.close()


async def test_a_long_history_is_loaded_with_few_reads(sums: Sums) -> None:
    await sums.add(1001)
    counted = Counted(sums.store)
    loaded = await sums.load(counted)
    assert (loaded.state.total, loaded.version) == (1001, 1001)
    assert counted.reads == {"get": 1, "history": 1}
    assert counted.events < 100
    assert sums.snapshots_written == 10


async def test_without_a_snapshot_it_is_read_in_pages(sums: Sums) -> None:
    await sums.add(450)
    stored = await sums.store.get(sums.repository._snapshots.collection.name, str(sums.id))
    assert stored is not None
    document = json.loads(stored.data)
    await rewrite(sums, stored, {**document, "code": "of other code"})
    counted = Counted(sums.store)
    loaded = await sums.load(counted)
    assert (loaded.state.total, loaded.version) == (450, 450)
    assert counted.reads == {"get": 1, "history": 3}


async def test_other_code_ignores_a_snapshot_and_writes_its_own(
    sums: Sums, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An aggregate with another `evolve` would have another state."""
    await sums.add(150)
    source = snapshots._source

    def changed(module: Any) -> str:
        return source(module) + "# a change"

    monkeypatch.setattr(snapshots, "_source", changed)
    new = sums.repository = EventRepository(SUMS, MESSAGES)
    counted = Counted(sums.store)
    assert (await sums.load(counted)).version == 150
    assert counted.events == 150
    await sums.add(1)
    counted = Counted(sums.store)
    assert (await sums.load(counted)).state.total == 151
    assert counted.events == 0  # of the new code's snapshot
    monkeypatch.undo()
    sums.repository = EventRepository(SUMS, MESSAGES)
    assert sums.repository._snapshots._fingerprint != new._snapshots._fingerprint
    assert (await sums.load()).state.total == 151  # the older code runs beside it, and is right


async def test_a_snapshot_that_cannot_be_decoded_is_ignored(sums: Sums) -> None:
    await sums.add(120)
    stored = await sums.store.get(sums.repository._snapshots.collection.name, str(sums.id))
    assert stored is not None
    await rewrite(sums, stored, {**json.loads(stored.data), "state": '{"id": 5}'})
    assert (await sums.load()).state.total == 120


async def test_several_commands_of_one_work_see_each_other(sums: Sums) -> None:
    await sums.add(99)
    work = Work(sums.store)
    for version in (100, 101, 102):
        await sums.add_to(work)
        assert (await sums.repository.load(work, str(sums.id))).version == version
    mark = work.mark
    work.add(Commit(drop_timers=("none",)))
    work.rollback(mark)  # forgets what was loaded, and reads it from the work again
    loaded = await sums.repository.load(work, str(sums.id))
    assert (loaded.version, loaded.state.total) == (102, 102)
    await sums.store.commit(work.changes)
    assert (await sums.load()).state.total == 102


@pytest.mark.parametrize(
    ("version", "minutes", "expected"),
    [
        (None, None, 250),
        (0, None, 0),
        (1, None, 1),
        (100, None, 100),
        (230, None, 230),
        (999, None, 250),
        (None, 0, 0),
        (None, 120, 120),
        (None, 120.5, 120),
        (None, 9999, 250),
        (50, 120, 50),
        (120, 50, 50),
    ],
)
async def test_a_state_as_of(
    sums: Sums, version: int | None, minutes: float | None, expected: int
) -> None:
    await sums.add(250)
    time = None if minutes is None else START + timedelta(minutes=minutes)
    found = await sums.repository.as_of(sums.store, str(sums.id), version=version, time=time)
    assert found.version == expected
    assert (found.state.total if found.state else 0) == expected


async def rewrite(sums: Sums, stored: Stored, document: dict[str, Any]) -> None:
    put = Put(
        collection=sums.repository._snapshots.collection.name,
        id=stored.id,
        data=json.dumps(document),
        expected=stored.version,
        version=stored.version + 1,
    )
    await sums.store.commit(Commit(puts=(put,)))
