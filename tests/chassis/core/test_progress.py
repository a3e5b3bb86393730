"""How far a group has read: what waits, what is moved along, and what is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chassis.errors import Conflict, Unavailable
from chassis.messages import Catalog
from chassis.runtime import checkpoints, consumer
from chassis.runtime.checkpoints import Checkpoint, Checkpoints
from chassis.service import Start
from chassis.store.port import Commit
from chassis.store.sqlite.store import SqliteStore, open_sqlite
from chassis.testing.memory_hub import MemoryHub
from structlog.testing import capture_logs

from tests.waiting import until

from .consuming import TOPIC, Consuming, Handler, envelope, outgoing
from .running import eventually

SUBJECTS = [f"subject-{number}" for number in range(8)]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = open_sqlite(tmp_path / "unit.db")
    await store.prepare((checkpoints.COLLECTION,))
    yield store
    await store.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "_SETTLE_AFTER", 0.05)


def of(store: SqliteStore, partitions: int, start: Start = Start.BEGINNING) -> Checkpoints:
    return Checkpoints(store, topic=TOPIC, group="group", partitions=partitions, start=start)


async def write(store: SqliteStore, at: Checkpoints, *positions: int) -> None:
    """Write the position of each partition for the first time."""
    puts = tuple(at.put(p, position, Checkpoint(0, 0)) for p, position in enumerate(positions))
    await store.commit(Commit(puts=puts))


async def counts(store: SqliteStore) -> set[str]:
    """The numbers of partitions for which there are checkpoints."""
    return {id.rpartition("/")[2] for id in await of(store, 1)._stored()}


async def test_the_oldest_unhandled_message(store: SqliteStore, messages: Catalog) -> None:
    """Nothing, or the first one that is in a lane, read or not, whatever comes after it."""
    handler = Handler()
    handler.fail(1, ValueError("to its lane"), *(Unavailable("down") for _ in range(10_000)))
    consuming = Consuming(store, messages, handler)
    await consuming.deliver(envelope("a"), envelope("b"))
    await eventually(consuming.consumer.oldest_unhandled, lambda time: time is None)
    before = datetime.now(UTC)
    consuming.hub.inject(outgoing(envelope("a", 1)))
    after = datetime.now(UTC)
    consuming.hub.inject(outgoing(envelope("b", 2)))
    consuming.hub.inject(outgoing(envelope("c", 3)))
    await until(lambda: len(handler.calls["a"]) > 3 and handler.calls["c"])
    oldest = await eventually(consuming.consumer.oldest_unhandled, lambda time: time is not None)
    assert oldest is not None
    assert before <= oldest <= after
    handler.errors[1].clear()
    await eventually(consuming.consumer.oldest_unhandled, lambda time: time is None)
    await consuming.stop()
    consuming.hub.inject(outgoing(envelope("a", 4)))
    assert await consuming.consumer.oldest_unhandled() is not None


async def test_positions_move_to_the_end_when_nothing_is_left(
    store: SqliteStore, messages: Catalog
) -> None:
    """Of partitions without messages, too, and past messages of other types."""
    consuming = Consuming(store, messages, Handler())
    await consuming.deliver(envelope("a"), envelope("a"), envelope("a", type="Other"))
    await eventually(consuming.checkpoints.positions, lambda at: at == {0: 3, 1: 3, 2: 3})
    await consuming.deliver(*map(envelope, SUBJECTS))
    await eventually(consuming.checkpoints.positions, lambda at: at == {0: 11, 1: 11, 2: 11})
    assert await consuming.effects("a", *SUBJECTS) == {"a": [0, 0], **{s: [0] for s in SUBJECTS}}
    await consuming.stop()


async def test_no_position_moves_past_what_is_not_handled(
    store: SqliteStore, messages: Catalog
) -> None:
    stuck = Handler()
    stuck.fail(1, ValueError("to its lane"), *(Unavailable("down") for _ in range(10_000)))
    consuming = Consuming(store, messages, stuck)
    await consuming.begin()
    consuming.hub.inject(outgoing(envelope("a")))
    consuming.hub.inject(outgoing(envelope("a", 1)))
    consuming.hub.inject(outgoing(envelope("a", type="Other")))
    mine = consuming.topic.partition_of("a")
    positions = {partition: 1 if partition == mine else 3 for partition in range(3)}
    await eventually(consuming.checkpoints.positions, lambda at: at == positions)
    await consuming.kill()
    second = Consuming(store, messages, Handler(), hub=consuming.hub)
    second.membership = consuming.membership
    assert await second.checkpoints.positions() == positions


async def test_a_hub_that_has_lost_messages_is_read_from_the_beginning(
    store: SqliteStore, messages: Catalog
) -> None:
    """What it still has is not handled twice, and what is new is handled."""
    first = Consuming(store, messages, Handler())
    kept, lost = envelope("a", 1), [envelope(subject, 2) for subject in SUBJECTS]
    await first.deliver(kept, *lost)
    await eventually(first.checkpoints.positions, lambda at: set(at.values()) == {9})
    await first.stop()
    restored = MemoryHub()
    restored.inject(outgoing(kept))
    restored.inject(outgoing(envelope("a", 3)))
    second = Consuming(store, messages, Handler(), hub=restored)
    with capture_logs() as logs:
        await second.begin()
        await second.settled()
        await eventually(second.checkpoints.positions, lambda at: set(at.values()) == {2})
    (error,) = [line for line in logs if line["log_level"] == "error"]
    assert error["event"] == "the event hub has lost messages: reading again from the beginning"
    assert (error["group"], error["partitions"]) == ("group", [0, 1, 2])
    assert await second.effects("a") == {"a": [1, 3]}
    assert second.consumer.problem is None
    await second.stop()


async def test_another_log_that_has_grown_beyond_the_positions_is_read_from_the_beginning(
    store: SqliteStore, messages: Catalog
) -> None:
    first = Consuming(store, messages, Handler())
    kept = [envelope(subject, 1) for subject in SUBJECTS]
    await first.deliver(*kept)
    await eventually(first.checkpoints.positions, lambda at: set(at.values()) == {8})
    await first.stop()
    other = MemoryHub()
    for each in (*(envelope(subject, 2) for subject in SUBJECTS), *kept):
        other.inject(outgoing(each))
    second = Consuming(store, messages, Handler(), hub=other)
    await other.declare(second.topic)
    assert await second.consumer.oldest_unhandled() is not None, "what was read is not of this log"
    await second.begin()
    await second.settled()
    await eventually(second.checkpoints.positions, lambda at: set(at.values()) == {16})
    assert await second.effects(*SUBJECTS) == {subject: [1, 2] for subject in SUBJECTS}
    await second.stop()
    third = Consuming(store, messages, Handler(), hub=other)
    with capture_logs() as logs:
        await third.begin()
        await third.settled()
    assert not [line for line in logs if line["log_level"] == "error"], "it knows this log now"
    await third.stop()


async def test_checkpoints_of_an_older_version_are_of_the_log_that_is_there(
    store: SqliteStore, messages: Catalog
) -> None:
    """They do not say which one they are of."""
    consuming = Consuming(store, messages, Handler())
    for subject in SUBJECTS:
        consuming.hub.inject(outgoing(envelope(subject)))
    await write(store, consuming.checkpoints, 8, 8, 8)
    await consuming.begin()
    await consuming.deliver(envelope("a", 1))
    await eventually(consuming.checkpoints.positions, lambda at: set(at.values()) == {9})
    assert await consuming.effects("a", *SUBJECTS) == {"a": [1]}
    log = await consuming.hub.incarnation(TOPIC)
    assert {each.log for each in (await consuming.checkpoints._stored()).values()} == {log}
    await consuming.stop()


async def test_checkpoints_of_other_numbers_are_removed_when_nobody_needs_them(
    store: SqliteStore, messages: Catalog
) -> None:
    """After 12 -> 2 -> 5, the next number begins where 5 has ended."""
    hub = MemoryHub()
    for number, partitions in enumerate((12, 2, 5, 7)):
        consuming = Consuming(store, messages, Handler(), hub=hub, partitions=partitions)
        begin = 8 * number
        assert set((await consuming.checkpoints.positions()).values()) == {begin}
        await consuming.deliver(*(envelope(subject, number) for subject in SUBJECTS))
        await eventually(
            consuming.checkpoints.positions, dict.fromkeys(range(partitions), begin + 8).__eq__
        )
        await eventually(lambda: counts(store), {str(partitions)}.__eq__)
        await consuming.stop()
    assert await consuming.effects(*SUBJECTS) == {each: [0, 1, 2, 3] for each in SUBJECTS}


async def test_checkpoints_of_other_numbers_stay_while_one_is_missing(store: SqliteStore) -> None:
    await write(store, of(store, 3), 7, 8, 9)
    await write(store, of(store, 2), 8)
    await of(store, 2).remove_others((0,))
    assert await counts(store) == {"2", "3"}
    assert await of(store, 2).positions() == {0: 8, 1: 7}


async def test_two_numbers_that_remove_each_other_leave_one(store: SqliteStore) -> None:
    """During a deployment both may do so at the same moment."""
    many, few = of(store, 3), of(store, 2)
    await write(store, many, 7, 8, 9)
    await write(store, few, 5, 6)
    results = await asyncio.gather(
        many.remove_others((0, 1, 2)), few.remove_others((1,)), return_exceptions=True
    )
    assert [type(result) for result in results if result is not None] in ([], [Conflict])
    assert len(await counts(store)) == 1


async def test_a_process_whose_checkpoints_were_removed_goes_on(
    store: SqliteStore, messages: Catalog
) -> None:
    """As during a deployment: the next commit writes them again, and nothing is done twice."""
    old = Consuming(store, messages, Handler(), partitions=3)
    await old.deliver(*map(envelope, SUBJECTS))
    await write(store, of(store, 2), 4, 5)
    await of(store, 2).remove_others((0,))
    assert await counts(store) == {"2"}
    await old.deliver(*(envelope(subject, 1) for subject in SUBJECTS))
    assert await old.effects(*SUBJECTS) == {subject: [0, 1] for subject in SUBJECTS}
    await eventually(old.checkpoints.positions, lambda at: set(at.values()) == {16})
    await old.stop()
