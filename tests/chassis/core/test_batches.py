"""Consumers in batches: one commit, order within a subject, and nothing lost at any crash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from chassis.dead_letters import State
from chassis.envelope import Envelope
from chassis.errors import Conflict
from chassis.messages import Catalog
from chassis.runtime import attempts, lanes
from chassis.runtime.decisions import Impatient
from chassis.runtime.work import Work
from chassis.service import Start
from chassis.store.port import Query
from chassis.store.sqlite.store import SqliteStore, open_sqlite

from tests.waiting import PATIENCE, until

from .consuming import CHANGED, EFFECTS, Consuming, Handler, envelope, outgoing
from .running import eventually

SUBJECTS = [f"subject-{number}" for number in range(8)]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = open_sqlite(tmp_path / "unit.db")
    yield store
    await store.close()


@pytest.fixture
async def handler() -> Handler:
    return Handler()


@pytest.fixture
async def consuming(
    store: SqliteStore, messages: Catalog, handler: Handler
) -> AsyncIterator[Consuming]:
    consuming = Consuming(store, messages, handler)
    yield consuming
    await consuming.kill()


def numbered(count: int) -> list[Envelope]:
    """Messages of all subjects, numbered within each."""
    return [envelope(subject, number) for number in range(count) for subject in SUBJECTS]


EXPECTED = {subject: list(range(20)) for subject in SUBJECTS}


class Port:
    """Makes messages wait for a port, in a work that may, until it answers."""

    def __init__(self, handler: Handler, *subjects: str) -> None:
        self.answers = asyncio.Event()
        self.waiting = 0
        self._handler = handler
        self._subjects = subjects

    async def __call__(self, message: Any, envelope: Envelope, work: Work) -> None:
        if envelope.subject in self._subjects:
            if not work.patient:
                raise Impatient
            self.waiting += 1
            await self.answers.wait()
            self.waiting -= 1
        await self._handler(message, envelope, work)


async def test_a_batch_is_one_commit(consuming: Consuming) -> None:
    sent = numbered(20)
    for each in sent:
        await consuming.hub.declare(consuming.topic)
        consuming.hub.inject(outgoing(each))
    await consuming.begin()
    await consuming.settled()
    (commit,) = consuming.spy.commits
    assert len(commit.inbox) == len(sent)
    assert {put.collection for put in commit.puts} == {EFFECTS.name, "chassis_checkpoints"}
    assert len(commit.puts) == len(SUBJECTS) + 3  # a document each, though written 20 times
    assert await consuming.effects(*SUBJECTS) == EXPECTED


async def test_what_comes_again_has_no_effect(consuming: Consuming) -> None:
    sent = numbered(20)
    await consuming.deliver(*sent)
    commits = len(consuming.spy.commits)
    await consuming.deliver(*sent, envelope("new", 7))
    assert await consuming.effects(*SUBJECTS, "new") == {**EXPECTED, "new": [7]}
    assert len(consuming.spy.commits) == commits + 1
    assert await consuming.dead() == []


async def test_a_message_twice_in_a_batch_is_handled_once(consuming: Consuming) -> None:
    sent = envelope(number=1)
    await consuming.begin()
    await consuming.deliver(sent, sent, envelope(number=2), sent)
    assert await consuming.effects() == {"s": [1, 2]}


@pytest.mark.parametrize("failures", [1, 2])
async def test_a_failing_message_holds_up_only_its_subject(
    consuming: Consuming, handler: Handler, failures: int
) -> None:
    """Order holds within its subject, although it fails for a while."""
    sent = [*numbered(10), envelope("subject-3", 1000), *numbered(20)[80:]]
    handler.fail(1000, *(ValueError("for a while") for _ in range(failures)))
    await consuming.deliver(*sent)
    expected = dict(EXPECTED)
    expected["subject-3"] = [*range(10), 1000, *range(10, 20)]
    assert await consuming.effects(*SUBJECTS) == expected
    assert await consuming.dead() == []


async def test_a_slow_port_does_not_block_others(
    store: SqliteStore, messages: Catalog, handler: Handler
) -> None:
    port = Port(handler, "slow")
    consuming = Consuming(store, messages, port)
    await consuming.begin()
    consuming.hub.inject(outgoing(envelope("slow", 0)))
    consuming.hub.inject(outgoing(envelope("slow", 1)))
    await until(lambda: port.waiting)
    for each in numbered(20):
        consuming.hub.inject(outgoing(each))
    await eventually(lambda: consuming.effects(*SUBJECTS), lambda effects: effects == EXPECTED)
    assert port.waiting == 1
    assert not consuming.consumer.idle
    port.answers.set()
    await consuming.settled()
    assert await consuming.effects("slow") == {"slow": [0, 1]}
    await consuming.stop()


async def test_order_holds_between_quick_and_slow_messages_of_a_subject(
    store: SqliteStore, messages: Catalog, handler: Handler
) -> None:
    """A slow type is known after its first message, and then does not overtake the quick one."""

    async def slow(message: Any, envelope: Envelope, work: Work) -> None:
        if envelope.type == CHANGED and not work.patient:
            raise Impatient
        await handler(message, envelope, work)

    consuming = Consuming(store, messages, slow)
    await consuming.deliver(envelope("other", 100, CHANGED, **CHANGE))
    handler.fail(0, ValueError("once"))
    sent = [
        envelope("s", number, *((CHANGED,) if number % 2 else ()), **(CHANGE if number % 2 else {}))
        for number in range(12)
    ]
    await consuming.deliver(*sent)
    assert await consuming.effects() == {"s": list(range(12))}
    await consuming.stop()


CHANGE: dict[str, Any] = {"product_id": "00000000-0000-0000-0000-000000000001", "price": "2"}


async def test_full_lanes_give_back_pressure(
    store: SqliteStore, messages: Catalog, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "_MESSAGES", 10)
    subjects = [f"slow-{number}" for number in range(600)]
    port = Port(handler, *subjects)
    consuming = Consuming(store, messages, port)
    await consuming.begin()
    await consuming.settled()
    for subject in subjects:
        consuming.hub.inject(outgoing(envelope(subject)))
    await until(lambda: port.waiting == attempts._AT_ONCE)
    read = consuming.consumer._progress.read
    assert max(read.values()) <= 256  # one batch; the hub keeps the rest
    port.answers.set()
    await consuming.settled()
    assert len(await consuming.effects(*subjects)) == 600
    await consuming.stop()


async def test_stopping_with_full_lanes_ends(
    store: SqliteStore, messages: Catalog, handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "_MESSAGES", 1)
    handler.fail(1, ValueError("to its lane"), *(Conflict() for _ in range(10_000)))
    consuming = Consuming(store, messages, handler)
    await consuming.begin()
    await consuming.settled()
    consuming.hub.inject(outgoing(envelope(number=1)))
    await until(lambda: len(handler.calls["s"]) > 3)
    async with asyncio.timeout(PATIENCE):
        await consuming.stop()
    assert await consuming.dead() == []


async def test_another_process_has_handled_a_part_of_the_batch(
    store: SqliteStore, messages: Catalog, handler: Handler
) -> None:
    """A process that was stopped for a while goes on with what was handled in its place."""
    sent = numbered(20)
    late, quick = Consuming(store, messages, handler), Consuming(store, messages, Handler())
    for consuming in (late, quick):
        await consuming.begin()
    await late.settled()
    quick.membership.owned = late.membership.owned  # it takes the late one for dead
    quick.consumer._interrupt()
    await quick.settled()
    await quick.deliver(*sent[:90])
    await late.deliver(*sent)
    assert await late.effects(*SUBJECTS) == EXPECTED
    assert await late.dead() == []
    for consuming in (late, quick):
        await consuming.kill()


@pytest.mark.parametrize("moment", range(1, 8))
async def test_a_crash_at_any_commit_loses_and_repeats_nothing(
    store: SqliteStore, messages: Catalog, moment: int
) -> None:
    """With lanes at work beside the batches: their checkpoints are saved at other moments."""

    first = Consuming(store, messages, handler := Handler())
    for number in (3, 8, 13):
        handler.fail(number, *(ValueError("for a while") for _ in range(2)))
    commits, crashed = 0, asyncio.Event()
    commit_really = first.spy.commit

    async def commit(work: Work) -> None:
        nonlocal commits
        commits += 1
        if commits >= moment:
            crashed.set()
            await asyncio.Event().wait()
        await commit_really(work)

    first.spy.commit = commit  # type: ignore[method-assign]
    await first.begin()
    for each in numbered(20):
        first.hub.inject(outgoing(each))
    await until(lambda: crashed.is_set() or (first.hub.idle and first.consumer.idle))
    await first.kill()
    second = Consuming(store, messages, Handler(), hub=first.hub)
    await first.membership.leave()
    await second.begin()
    await second.settled()
    assert await second.effects(*SUBJECTS) == EXPECTED
    assert await second.dead() == []
    await second.kill()


async def test_a_checkpoint_never_passes_what_is_not_committed(
    store: SqliteStore, messages: Catalog, handler: Handler
) -> None:
    """A lane ends, and saves the checkpoint, while a batch is being handled."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow_batch(message: Any, envelope: Envelope, work: Work) -> None:
        if envelope.sequence == 77 and not go_on.is_set():
            begun.set()
            await go_on.wait()
        await handler(message, envelope, work)

    consuming = Consuming(store, messages, slow_batch)
    await consuming.deliver(envelope("a", 1))
    consuming.hub.inject(outgoing(envelope("s", 77)))
    await begun.wait()
    await consuming.consumer._progress.save()
    positions = await consuming.checkpoints.positions()
    assert 2 not in positions.values()
    go_on.set()
    await consuming.settled()
    assert 2 in (await consuming.checkpoints.positions()).values()
    await consuming.kill()


async def test_dead_letters_are_replayed_in_order(consuming: Consuming, handler: Handler) -> None:
    handler.fail(1, ValueError("to its lane"))
    for number in (1, 2, 3):
        handler.fail(number, *(ValueError("broken") for _ in range(3)))
    await consuming.deliver(*(envelope(number=number) for number in range(5)))
    assert await consuming.effects() == {"s": [0, 4]}
    assert [letter.reason for letter in await consuming.dead()] == ["ValueError: broken"] * 3
    for letter, version in reversed(await consuming.letters.list()):
        await consuming.letters.mark(letter, version, State.REPLAY, letter.reason)
    await consuming.replays.replay_marked()
    assert await consuming.effects() == {"s": [0, 4, 1, 2, 3]}
    assert await consuming.dead() == []


async def test_one_that_fails_again_holds_up_the_later_ones_of_its_subject(
    consuming: Consuming, handler: Handler
) -> None:
    for number in (1, 3):
        handler.fail(number, ValueError("to its lane"))
    for number in (1, 2, 3):
        handler.fail(number, *(ValueError("broken") for _ in range(3)))
    handler.fail(1, KeyError("still broken"))
    await consuming.deliver(envelope("s", 1), envelope("s", 2), envelope("t", 3))
    for letter, version in await consuming.letters.list():
        await consuming.letters.mark(letter, version, State.REPLAY, letter.reason)
    await consuming.replays.replay_marked()
    assert await consuming.effects("s", "t") == {"t": [3]}
    letters = await consuming.dead()
    assert [letter.state for letter in letters] == [State.DEAD] * 2
    assert [letter.reason for letter in letters] == [
        "KeyError: 'still broken'",
        "ValueError: broken",
    ]


async def test_from_now_on_is_the_end_of_the_topic_once_and_for_all(
    store: SqliteStore, messages: Catalog
) -> None:
    first = Consuming(store, messages, Handler(), start=Start.NOW)
    await first.hub.declare(first.topic)
    for number in range(5):
        first.hub.inject(outgoing(envelope(number=number)))
    await first.begin()
    await first.settled()
    await first.kill()
    await first.membership.leave()
    first.hub.inject(outgoing(envelope(number=5)))  # while nothing runs
    second = Consuming(store, messages, Handler(), hub=first.hub, start=Start.NOW)
    await second.deliver(envelope(number=6))
    assert await second.effects() == {"s": [5, 6]}
    await second.stop()


@pytest.mark.parametrize("start", Start)
async def test_the_number_of_partitions_changes(
    store: SqliteStore, messages: Catalog, start: Start
) -> None:
    """12, then 2, then 5: nothing is lost, nothing is repeated, order holds."""
    hub, number = None, 0
    for partitions in (12, 2, 5, 12):
        consuming = Consuming(
            store, messages, Handler(), hub=hub, partitions=partitions, start=start
        )
        hub = consuming.hub
        if hub is not None and number:  # what is published while nothing runs
            await hub.declare(consuming.topic)
            for subject in SUBJECTS:
                hub.inject(outgoing(envelope(subject, number)))
            number += 1
        await consuming.begin()
        await consuming.settled()
        for _ in range(3):
            await consuming.deliver(*(envelope(subject, number) for subject in SUBJECTS))
            number += 1
        await consuming.stop()
    expected = {subject: list(range(number)) for subject in SUBJECTS}
    assert await consuming.effects(*SUBJECTS) == expected
    found = await store.find(Query(collection="chassis_checkpoints", limit=100))
    assert len(found) >= 12
