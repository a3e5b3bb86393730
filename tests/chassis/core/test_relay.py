"""The outbox is emptied, in order, whatever the hub does."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from chassis.clock import utc_now
from chassis.dead_letters import DeadLetters
from chassis.envelope import Envelope, Outgoing
from chassis.errors import Conflict, Unavailable
from chassis.hub.port import Hub
from chassis.runtime.committer import Committer
from chassis.runtime.membership import Membership
from chassis.runtime.relay import LEASE, Relay
from chassis.runtime.work import Work
from chassis.store.port import Collection, Commit, Pending, Put
from chassis.store.sqlite.store import SqliteStore, open_sqlite
from chassis.telemetry import Telemetry
from chassis.telemetry.metrics import Metrics
from chassis.testing.memory_hub import MemoryHub

from tests.waiting import PATIENCE, until


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = open_sqlite(tmp_path / "unit.db")
    await store.prepare(())
    yield store
    await store.close()


async def relay_on(store: SqliteStore, hub: Hub) -> Relay:
    """A relay that holds its lease."""
    membership = Membership(store, [LEASE])
    await store.prepare((*membership.collections, DeadLetters.collection))
    await membership.join()
    return Relay(store, hub, membership, DeadLetters(store, utc_now), Telemetry.of("unit"))


class UnreliableHub(MemoryHub):
    """Fails now and then, sometimes after it has taken the message."""

    def __init__(self, seed: int, failing: float) -> None:
        super().__init__()
        self._random = random.Random(seed)
        self._failing = failing

    async def publish(self, message: Outgoing, *, again: bool = False) -> None:
        await asyncio.sleep(self._random.random() / 2000)
        if self._random.random() < self._failing:
            if self._random.random() < 0.5:
                await super().publish(message)
            raise Unavailable("now and then")
        await super().publish(message)


def outgoing(subject: str, number: int) -> Outgoing:
    return Outgoing.of(
        "topic",
        Envelope(
            id=uuid4(),
            source="/s",
            type="t",
            subject=subject,
            time=datetime.now(UTC),
            data={"number": number},
            correlation_id=uuid4(),
        ),
    )


def first_arrivals(hub: MemoryHub) -> dict[str, list[int]]:
    """What every subject's readers see, once repetitions are dropped by their ids."""
    seen, arrived = set(), defaultdict(list)
    for message in hub.published:
        if message.envelope.id not in seen:
            seen.add(message.envelope.id)
            arrived[message.envelope.subject].append(message.envelope.data["number"])
    return arrived


@pytest.mark.parametrize("seed", range(3))
async def test_order_holds_however_often_the_hub_fails(store: SqliteStore, seed: int) -> None:
    hub = UnreliableHub(seed, failing=0.2)
    relay = await relay_on(store, hub)
    for number in range(20):
        messages = tuple(outgoing(subject, number) for subject in "abcdefgh")
        await store.commit(Commit(outbox=messages))
    for _ in range(500):
        with suppress(Unavailable):
            await relay.flush()
            break
    assert await store.pending(limit=1) == ()
    assert first_arrivals(hub) == {subject: list(range(20)) for subject in "abcdefgh"}


async def test_one_subject_does_not_hold_up_the_others(store: SqliteStore) -> None:
    class Half(MemoryHub):
        async def publish(self, message: Outgoing, *, again: bool = False) -> None:
            if message.subject == "stuck":
                raise Unavailable("stuck")
            await super().publish(message)

    hub = Half()
    await store.commit(Commit(outbox=(outgoing("stuck", 1), outgoing("a", 1), outgoing("b", 1))))
    with pytest.raises(Unavailable):
        await (await relay_on(store, hub)).flush()
    assert first_arrivals(hub) == {"a": [1], "b": [1]}
    assert [p.message.subject for p in await store.pending(limit=9)] == ["stuck"]


@pytest.mark.parametrize("fails", [False, True])
async def test_a_subject_with_many_messages_leaves_room_for_others(
    store: SqliteStore, fails: bool
) -> None:
    """Whether the hub does not answer, or refuses, and however much of the outbox it is."""

    class Stuck(MemoryHub):
        go_on = asyncio.Event()

        async def publish(self, message: Outgoing, *, again: bool = False) -> None:
            if message.subject == "stuck" and not self.go_on.is_set():
                if fails:
                    raise Unavailable("stuck")
                await self.go_on.wait()
            await super().publish(message)

    hub = Stuck()
    hub.go_on.clear()
    relay = await relay_on(store, hub)
    stuck = tuple(outgoing("stuck", number) for number in range(2000))
    others = tuple(outgoing(subject, 0) for subject in "abcdefgh")
    await store.commit(Commit(outbox=stuck + others))
    running = asyncio.create_task(relay.run())
    await until(lambda: len(hub.published) == len(others))
    hub.go_on.set()
    await until(lambda: len(hub.published) == len(others) + len(stuck))
    arrived = first_arrivals(hub)
    assert arrived == {"stuck": list(range(2000)), **{each: [0] for each in "abcdefgh"}}
    running.cancel()


class CountingReads:
    """A store that counts the reads of its outbox."""

    def __init__(self, store: SqliteStore) -> None:
        self.reads = self.rows = 0
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def pending(self, *, after: int = 0, limit: int) -> tuple[Pending, ...]:
        found = await self._store.pending(after=after, limit=limit)
        self.reads, self.rows = self.reads + 1, self.rows + len(found)
        return found


class SlowHub(MemoryHub):
    async def publish(self, message: Outgoing, *, again: bool = False) -> None:
        await asyncio.sleep(0.001)
        await super().publish(message)


@pytest.mark.parametrize("subjects", [1, 10, 1500])
async def test_a_backlog_is_read_in_batches(store: SqliteStore, subjects: int) -> None:
    """Not again after every message, and not over and over because of a busy subject."""
    counting = CountingReads(store)
    hub = SlowHub()
    relay = await relay_on(cast(SqliteStore, counting), hub)
    many = tuple(outgoing(str(number % subjects), number) for number in range(1500))
    await store.commit(Commit(outbox=many))
    await relay.flush()
    assert len(hub.published) == 1500
    assert await store.pending(limit=1) == ()
    assert counting.reads <= 1500 / 10
    assert counting.rows <= 1500 * 10


async def test_each_commit_causes_one_read(store: SqliteStore) -> None:
    counting = CountingReads(store)
    hub = SlowHub()
    relay = await relay_on(cast(SqliteStore, counting), hub)
    running = asyncio.create_task(relay.run())
    for number in range(100):
        await store.commit(Commit(outbox=(outgoing(str(number), number),)))
        relay.wake()
        await until(lambda n=number: len(hub.published) > n)  # type: ignore[misc]
    assert counting.reads <= 210
    running.cancel()


async def test_what_is_not_committed_is_never_published(store: SqliteStore) -> None:
    """The messages of a commit are in the outbox if, and only if, its documents are written."""
    await store.prepare((Collection(name="documents"),))
    committer, woken = Committer(store, Metrics("unit")), 0

    def wake() -> None:
        nonlocal woken
        woken += 1

    def work(commit: Commit) -> Work:
        work = Work(store)
        work.add(commit)
        return work

    committer.wake_relay = wake
    put = Put(collection="documents", id="a", data="{}", expected=1, version=2)
    message = outgoing("a", 1)
    with pytest.raises(Conflict):
        await committer.commit(work(Commit(puts=(put,), outbox=(message,))))
    assert (await store.pending(limit=9), woken) == ((), 0)
    put = replace(put, expected=0, version=1)
    await committer.commit(work(Commit(puts=(put,), outbox=(message,))))
    assert [each.message for each in await store.pending(limit=9)] == [message]
    assert woken == 1


async def test_a_late_removal_removes_nothing_new(store: SqliteStore, tmp_path: Path) -> None:
    """A relay that stood still removes what it has published, after another one did so.

    Since positions are never used again, it cannot remove a message that came later.
    """

    class StandsStill(MemoryHub):
        published_one, go_on = asyncio.Event(), asyncio.Event()

        async def publish(self, message: Outgoing, *, again: bool = False) -> None:
            await super().publish(message)
            self.published_one.set()
            await self.go_on.wait()

    slow_hub, hub = StandsStill(), MemoryHub()
    await store.commit(Commit(outbox=(outgoing("a", 1),)))
    slow = asyncio.create_task((await relay_on(store, slow_hub)).flush())
    await slow_hub.published_one.wait()
    other = open_sqlite(tmp_path / "unit.db")
    quick = await relay_on(other, hub)
    quick._membership.owned = frozenset({LEASE})  # it takes the slow one for dead
    await quick.flush()
    assert await store.pending(limit=1) == ()
    await store.commit(Commit(outbox=(outgoing("a", 2),)))
    slow_hub.go_on.set()
    await slow
    await quick.flush()
    arrived = first_arrivals(hub)["a"] + first_arrivals(slow_hub)["a"]
    assert set(arrived) == {1, 2}
    await other.close()


async def test_many_failures_at_once_end_a_flush(store: SqliteStore) -> None:
    """However the publishing of a window ends, and when: the relay never waits for nothing."""

    class Mistaken(MemoryHub):
        async def publish(self, message: Outgoing, *, again: bool = False) -> None:
            await asyncio.sleep(0)
            if message.subject == "bad":
                raise KeyError("a mistake of ours")
            await super().publish(message)

    hub = Mistaken()
    relay = await relay_on(store, hub)
    many = [outgoing(f"subject-{number}", number) for number in range(1500)]
    for start in range(0, 1500, 500):
        await store.commit(Commit(outbox=tuple(many[start : start + 500])))
    async with asyncio.timeout(PATIENCE):
        await relay.flush()
    assert len(hub.published) == 1500
    await store.commit(Commit(outbox=(outgoing("bad", 1), *many[:300])))
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(KeyError):
            await relay.flush()
    assert [pending.message.subject for pending in await store.pending(limit=9)] == ["bad"]


async def test_a_message_over_the_limit_is_a_dead_letter_and_blocks_nobody(
    store: SqliteStore,
) -> None:
    hub = MemoryHub()
    hub.max_message_bytes = 2000
    relay = await relay_on(store, hub)
    huge = replace(outgoing("a", 1), data=b"x" * 2001)
    await store.commit(Commit(outbox=(huge, outgoing("a", 2), outgoing("b", 3))))
    await relay.flush()
    assert await store.pending(limit=9) == ()
    assert first_arrivals(hub) == {"a": [2], "b": [3]}
    ((letter, _),) = await DeadLetters(store, utc_now).list()
    assert (letter.group, letter.subject, letter.message) == ("outbox", "a", "x" * 2001)


async def test_a_wake_up_publishes_at_once(store: SqliteStore) -> None:
    hub = MemoryHub()
    relay = await relay_on(store, hub)
    running = asyncio.create_task(relay.run())
    await asyncio.sleep(0.02)
    await store.commit(Commit(outbox=(outgoing("a", 1),)))
    relay.wake()
    await until(lambda: hub.published)
    running.cancel()


async def test_what_a_crash_left_is_published_at_the_start(store: SqliteStore) -> None:
    await store.commit(Commit(outbox=(outgoing("a", 1),)))
    hub = MemoryHub()
    running = asyncio.create_task((await relay_on(store, hub)).run())
    async with asyncio.timeout(PATIENCE):
        while await store.pending(limit=1):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert len(hub.published) == 1
    running.cancel()
