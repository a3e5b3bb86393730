"""The unit of work against a model: the same commits, one by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias
from uuid import uuid4

import pytest
from chassis.envelope import Envelope, Outgoing
from chassis.errors import Conflict
from chassis.runtime.work import Work
from chassis.store.port import (
    Append,
    Collection,
    Commit,
    Delete,
    Field,
    Kind,
    Put,
    Reads,
    Received,
    Timer,
)
from chassis.store.sqlite.store import SqliteStore, open_sqlite
from hypothesis import given, settings
from hypothesis import strategies as st

THINGS = Collection(name="things", fields=(Field("text", Kind.TEXT, optional=True),))
IDS = ("a", "b")
STREAMS = ("x", "y")
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def event(number: int) -> Outgoing:
    sent = Envelope(
        id=uuid4(),
        source="/s",
        type="t",
        subject="s",
        time=NOW,
        data={"number": number},
        correlation_id=uuid4(),
    )
    return Outgoing.of("topic", sent)


@dataclass(frozen=True)
class Step:
    """What one message does, with the versions that it reads; `off` makes a wrong one of it."""

    put: str | None = None
    delete: str | None = None
    append: str | None = None
    timer: tuple[str, bool] | None = None
    number: int = 0
    off: int = 0
    events: int = 1

    async def commit(self, reads: Reads) -> Commit:
        puts: tuple[Put, ...] = ()
        deletes: tuple[Delete, ...] = ()
        appends: tuple[Append, ...] = ()
        if self.put is not None:
            found = await reads.get(THINGS.name, self.put)
            expected = max(0, (found.version if found else 0) + self.off)
            data = json.dumps({"text": str(self.number)})
            put = Put(
                collection=THINGS.name,
                id=self.put,
                data=data,
                expected=expected,
                version=expected + 1,
            )
            puts = (put,)
        if self.delete is not None and self.delete != self.put:
            found = (await reads.get_many(THINGS.name, IDS)).get(self.delete)
            if found is not None:
                deletes = (Delete(collection=THINGS.name, id=self.delete, expected=found.version),)
        if self.append is not None:
            version = 0
            while page := await reads.history(self.append, after=version, limit=3):
                version += len(page)
            events = tuple(event(self.number + n) for n in range(self.events))
            appends = (
                Append(stream=self.append, expected=max(0, version + self.off), events=events),
            )
        timer = self.timer
        return Commit(
            puts=puts,
            deletes=deletes,
            appends=appends,
            outbox=(event(self.number),),
            inbox=(Received(f"message-{self.number}", str(self.number)),),
            set_timers=(
                (Timer(id=timer[0], due=NOW, handler="h", data=str(self.number)),)
                if timer and timer[1]
                else ()
            ),
            drop_timers=(timer[0],) if timer and not timer[1] else (),
        )


steps = st.builds(
    Step,
    put=st.none() | st.sampled_from(IDS),
    delete=st.none() | st.sampled_from(IDS),
    append=st.none() | st.sampled_from(STREAMS),
    timer=st.none() | st.tuples(st.sampled_from(IDS), st.booleans()),
    off=st.sampled_from([0, 0, 0, 0, 1, -1]),
    events=st.integers(1, 3),
)


def numbered(made: list[Step], first: int) -> list[Step]:
    return [Step(**{**step.__dict__, "number": 10 * n}) for n, step in enumerate(made, first)]


async def seen(store: SqliteStore) -> dict[str, Any]:
    """All that can be read from a store, without ids that differ from run to run."""
    documents = await store.get_many(THINGS.name, IDS)
    return {
        "documents": {id: (d.version, d.data) for id, d in documents.items()},
        "streams": {
            stream: [e.data["number"] for e in await store.history(stream, limit=1000)]
            for stream in STREAMS
        },
        "outbox": [p.message.envelope.data["number"] for p in await store.pending(limit=1000)],
        "inbox": await store.handled(tuple(f"message-{10 * n}" for n in range(100))),
        "timers": {timer.id: timer.data for timer in await store.due(NOW, 100)},
    }


Body: TypeAlias = Callable[[SqliteStore, SqliteStore], Awaitable[None]]


def with_two_stores(body: Body) -> None:
    async def run() -> None:
        with TemporaryDirectory() as folder:
            stores = [open_sqlite(Path(folder) / name) for name in ("one.db", "two.db")]
            for store in stores:
                await store.prepare((THINGS,))
            try:
                await body(*stores)
            finally:
                for store in stores:
                    await store.close()

    asyncio.run(run())


@settings(max_examples=60, deadline=None)
@given(before=st.lists(steps, max_size=3), batch=st.lists(steps, max_size=8))
def test_a_work_ends_as_its_commits_one_by_one(before: list[Step], batch: list[Step]) -> None:
    """A step that fails is rolled back in the work, as its own commit would be."""

    async def body(together: SqliteStore, single: SqliteStore) -> None:
        for store in (together, single):
            for step in numbered(before, 1):
                commit = await step.commit(store)
                try:
                    await store.commit(commit)
                except Conflict:
                    assert step.off
        work = Work(together)
        for step in numbered(batch, 10):
            try:
                await single.commit(await step.commit(single))
                conflict = False
            except Conflict:
                conflict = True
            mark = work.mark
            commit = await step.commit(work)
            if conflict:  # e.g. a handler fails after it has added a part of its effects
                work.add(Commit(outbox=commit.outbox, inbox=commit.inbox))
                work.rollback(mark)
            else:
                assert not work.handled(f"message-{step.number}")
                work.add(commit)
                assert work.handled(f"message-{step.number}")
        if work.mark:
            await together.commit(work.changes)
        assert await seen(together) == await seen(single)

    with_two_stores(body)


@settings(max_examples=30, deadline=None)
@given(batch=st.lists(steps, min_size=1, max_size=6), other=st.lists(steps, max_size=3))
def test_after_a_foreign_write_all_or_nothing(batch: list[Step], other: list[Step]) -> None:
    """Somebody writes between the reads and the commit: all is written, or nothing."""

    async def body(store: SqliteStore, unchanged: SqliteStore) -> None:
        work = Work(store)
        for step in numbered(batch, 10):
            mark = work.mark
            try:
                work.add(await step.commit(work))
            except Conflict:
                work.rollback(mark)
        for step in numbered(other, 50):
            for each in (store, unchanged):
                commit = await step.commit(each)
                try:
                    await each.commit(commit)
                except Conflict:
                    assert step.off
        try:
            await store.commit(work.changes)
        except Conflict:
            assert await seen(store) == await seen(unchanged)

    with_two_stores(body)


def put(expected: int, version: int, text: str = "") -> Put:
    data = json.dumps({"text": text})
    return Put(collection=THINGS.name, id="a", data=data, expected=expected, version=version)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Commit(puts=(put(0, 1),)), Commit(puts=(put(0, 1),))),
        (Commit(puts=(put(0, 1),)), Commit(puts=(put(2, 3),))),
        (
            Commit(puts=(put(0, 1),)),
            Commit(deletes=(Delete(collection=THINGS.name, id="a", expected=2),)),
        ),
        (
            Commit(appends=(Append(stream="x", expected=0, events=(event(1),)),)),
            Commit(appends=(Append(stream="x", expected=0, events=(event(1),)),)),
        ),
        (
            Commit(appends=(Append(stream="x", expected=0, events=(event(1),)),)),
            Commit(appends=(Append(stream="x", expected=2, events=(event(1),)),)),
        ),
    ],
)
async def test_writes_that_do_not_follow_conflict(
    tmp_path: Path, first: Commit, second: Commit
) -> None:
    store = open_sqlite(tmp_path / "unit.db")
    work = Work(store)
    work.add(first)
    with pytest.raises(Conflict):
        work.add(second)
    await store.close()


async def test_a_rollback_forgets_what_was_decoded(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path / "unit.db")
    work = Work(store)
    work.add(Commit(puts=(put(0, 1, "kept"),)))
    mark = work.mark
    work.loaded["a"] = "decoded"
    work.rollback(mark)
    assert work.loaded == {"a": "decoded"}  # nothing was added
    work.add(Commit(puts=(put(1, 2, "lost"),)))
    work.rollback(mark)
    assert work.loaded == {}
    found = await work.get(THINGS.name, "a")
    assert found is not None
    assert (found.version, json.loads(found.data)) == (1, {"text": "kept"})
    await store.close()
