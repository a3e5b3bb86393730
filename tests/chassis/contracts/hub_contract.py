"""What every hub must do. An adapter's tests inherit this and provide `hub` and `connect`."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, groupby
from types import TracebackType
from typing import Protocol, TypeAlias
from uuid import uuid4

import pytest
from chassis.envelope import Envelope, Outgoing
from chassis.errors import TooLarge, Unavailable
from chassis.hub.port import SLOTS, Backlog, Hub, Record, Topic, slot_of

from tests.waiting import PATIENCE, until

Connect: TypeAlias = Callable[[], Awaitable[Hub]]

SUBJECTS = [f"subject-{number}" for number in range(20)]
HAPPENED, ENDED = "test.Happened.v1", "test.Ended.v1"


def outgoing(
    topic: Topic, subject: str = "s", number: int = 0, type: str = HAPPENED, padding: int = 0
) -> Outgoing:
    envelope = Envelope(
        id=uuid4(),
        source="/test/unit",
        type=type,
        subject=subject,
        time=datetime.now(UTC),
        data={"number": number, "padding": "." * padding},
        correlation_id=uuid4(),
    )
    return Outgoing.of(topic.name, envelope)


def of_size(topic: Topic, size: int) -> Outgoing:
    return outgoing(topic, padding=size - len(outgoing(topic).data))


async def publish_all(hub: Hub, messages: Iterable[Outgoing]) -> None:
    """Publish each subject's messages one after the other, the subjects concurrently."""
    by_subject: dict[str, list[Outgoing]] = defaultdict(list)
    for message in messages:
        by_subject[message.subject].append(message)

    async def publish(ordered: list[Outgoing]) -> None:
        for message in ordered:
            await hub.publish(message)

    await asyncio.gather(*map(publish, by_subject.values()))


async def at_last(use: Callable[[], Awaitable[None]]) -> None:
    """Use a hub as units do: again and again, until it is available."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await use()
            except Unavailable:
                await asyncio.sleep(0.02)


async def publish_at_last(hub: Hub, message: Outgoing) -> None:
    """Publish as a relay does: again and again, until it is stored."""
    await at_last(partial(hub.publish, message))


def some_of_each(topic: Topic, count: int, start: int = 0, type: str = HAPPENED) -> list[Outgoing]:
    numbers = range(start, start + count)
    return [outgoing(topic, subject, number, type) for number in numbers for subject in SUBJECTS]


def from_the_beginning(topic: Topic) -> dict[int, int]:
    return dict.fromkeys(range(topic.partitions), 0)


def by_place(records: Iterable[Record]) -> list[Record]:
    """Return records by partition and position: only those of one partition have an order."""
    return sorted(records, key=lambda record: (record.partition, record.position))


def after_these(topic: Topic, records: Iterable[Record]) -> dict[int, int]:
    """Return the positions of a reader that has read `records` in this order."""
    return from_the_beginning(topic) | {record.partition: record.position for record in records}


def numbers_of(records: Iterable[Record]) -> dict[str, list[int]]:
    """Return the numbers in order of arrival by subject."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for record in records:
        envelope = Envelope.from_json(record.data)
        numbers[envelope.subject].append(envelope.data["number"])
    return numbers


async def read_to_end(
    hub: Hub, topic: Topic, after: dict[int, int], types: frozenset[str] | None = None
) -> list[Record]:
    records: list[Record] = []
    async with asyncio.timeout(PATIENCE), aclosing(hub.read(topic.name, after, types)) as batches:
        async for batch in batches:
            if not batch:
                break
            records += batch
    return records


class Reading:
    """Reads in a task as a unit does: after `Unavailable`, again from where it was."""

    def __init__(
        self,
        hub: Hub,
        topic: Topic,
        after: dict[int, int] | None = None,
        types: frozenset[str] | None = None,
    ) -> None:
        self.records: list[Record] = []
        self.failures = 0
        self.at_end = False
        self.after = from_the_beginning(topic) if after is None else dict(after)
        self._hub, self._topic, self._types = hub, topic, types

    async def __aenter__(self) -> Reading:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._task.cancel()
        [result] = await asyncio.gather(self._task, return_exceptions=True)
        if isinstance(result, Exception):
            raise result

    async def wait(self, count: int) -> list[Record]:
        await until(lambda: len(self.records) >= count or self._task.done())
        return self.records

    async def wait_for_end(self) -> None:
        await until(lambda: self.at_end or self._task.done())

    async def _run(self) -> None:
        while True:
            try:
                reading = self._hub.read(self._topic.name, self.after, self._types)
                async with aclosing(reading) as batches:
                    async for batch in batches:
                        self.at_end = not batch
                        for record in batch:
                            self.records.append(record)
                            self.after[record.partition] = record.position
            except Unavailable:
                self.failures += 1
                await asyncio.sleep(0.02)


async def read_together(
    members: list[Hub], topic: Topic, after: dict[int, int], count: int
) -> list[Record]:
    """Read at least `count` messages with members that share the partitions; updates `after`."""
    async with AsyncExitStack() as stack:
        readings: list[Reading] = []
        for number, member in enumerate(members):
            share = {p: at for p, at in after.items() if p % len(members) == number}
            readings.append(await stack.enter_async_context(Reading(member, topic, share)))
        await until(lambda: sum(len(reading.records) for reading in readings) >= count)
    for reading in readings:
        after.update(reading.after)
    return [record for reading in readings for record in reading.records]


class HubContract:
    """Inherited by the tests of every adapter.

    Attributes:
        arrivals: The number of messages that arrive while members come and go.
    """

    arrivals = 100_000

    @pytest.fixture
    async def topic(self, hub: Hub) -> Topic:
        topic = Topic(
            name=f"t{uuid4().hex[:10]}.unit.events", partitions=3, retention=timedelta(days=1)
        )
        await hub.declare(topic)
        return topic

    async def test_a_message_arrives_as_it_was_published(self, hub: Hub, topic: Topic) -> None:
        sent = outgoing(topic)
        await hub.publish(sent)
        [record] = await read_to_end(hub, topic, from_the_beginning(topic))
        assert (record.data, record.type) == (sent.data, sent.type)
        assert record.partition == topic.partition_of(sent.subject)
        assert record.position > 0
        assert abs(record.time - datetime.now(UTC)) < timedelta(seconds=PATIENCE)

    async def test_a_reader_gets_what_was_there_and_what_comes(
        self, hub: Hub, topic: Topic
    ) -> None:
        await hub.publish(outgoing(topic, number=1))
        async with Reading(hub, topic) as reading:
            await reading.wait(1)
            await hub.publish(outgoing(topic, number=2))
            await reading.wait(2)
        assert numbers_of(reading.records) == {"s": [1, 2]}

    async def test_every_reader_gets_every_message(
        self, hub: Hub, topic: Topic, connect: Connect
    ) -> None:
        other = await connect()
        await other.declare(topic)
        async with Reading(hub, topic) as a, Reading(hub, topic) as b, Reading(other, topic) as c:
            await publish_all(hub, some_of_each(topic, 10))
            for reading in (a, b, c):
                await reading.wait(200)
        assert by_place(a.records) == by_place(b.records) == by_place(c.records)
        assert numbers_of(a.records) == {subject: list(range(10)) for subject in SUBJECTS}

    async def test_concurrent_publishers_keep_the_order_of_each_subject(
        self, hub: Hub, topic: Topic, connect: Connect
    ) -> None:
        other = await connect()
        await other.declare(topic)
        messages = some_of_each(topic, 100)
        mine = [message for message in messages if message.subject in SUBJECTS[:10]]
        others = [message for message in messages if message.subject not in SUBJECTS[:10]]
        async with Reading(other, topic) as reading:
            await asyncio.gather(publish_all(hub, mine), publish_all(other, others))
            await reading.wait(len(messages))
        assert numbers_of(reading.records) == {subject: list(range(100)) for subject in SUBJECTS}
        for partition in range(topic.partitions):
            positions = [r.position for r in reading.records if r.partition == partition]
            assert positions == sorted(set(positions))

    async def test_readers_of_disjoint_partitions_share_the_messages(
        self, hub: Hub, topic: Topic, connect: Connect
    ) -> None:
        other = await connect()
        await other.declare(topic)
        async with Reading(hub, topic, {0: 0, 2: 0}) as one, Reading(other, topic, {1: 0}) as two:
            await publish_all(hub, some_of_each(topic, 10))
            await until(lambda: len(one.records) + len(two.records) >= 200)
            await one.wait_for_end()
            await two.wait_for_end()
        assert {record.partition for record in one.records} == {0, 2}
        assert {record.partition for record in two.records} == {1}
        assert numbers_of(one.records + two.records) == {s: list(range(10)) for s in SUBJECTS}

    async def test_a_partition_goes_from_one_reader_to_another(
        self, hub: Hub, topic: Topic, connect: Connect
    ) -> None:
        other = await connect()
        await other.declare(topic)
        records: list[Record] = []
        after = from_the_beginning(topic)
        for turn in range(12):
            reader = (hub, other)[turn % 2]
            publishing = asyncio.create_task(publish_all(hub, some_of_each(topic, 5, turn * 5)))
            async with Reading(reader, topic, after) as reading:
                await reading.wait(len(SUBJECTS))
            records += reading.records
            after = reading.after
            await publishing
        records += await read_to_end(hub, topic, after)
        assert numbers_of(records) == {subject: list(range(60)) for subject in SUBJECTS}

    async def test_members_come_and_go(self, hub: Hub, topic: Topic, connect: Connect) -> None:
        """Their partitions are divided anew again and again, while messages arrive."""
        names = [f"key-{number}" for number in range(200)]
        each = self.arrivals // len(names)
        wide = replace(topic, name=topic.name.replace("unit", "wide"), partitions=12)
        members = [hub, *[await connect() for _ in range(3)]]
        for member in members:
            await member.declare(wide)
        messages = [outgoing(wide, name, number) for number in range(each) for name in names]
        publishing = asyncio.create_task(publish_all(hub, messages))
        after, records = from_the_beginning(wide), list[Record]()
        for turn in count():
            active = members[: (1, 2, 4, 3)[turn % 4]]
            more = min(len(messages) // 11, len(messages) - len(records))
            records += await read_together(active, wide, after, more)
            if len(records) >= len(messages):
                break
        await publishing
        assert numbers_of(records) == {name: list(range(each)) for name in names}

    async def test_partitions_become_fewer_and_more(
        self, hub: Hub, topic: Topic, connect: Connect
    ) -> None:
        """A hub that cannot change their number keeps it, and says so."""
        published = 0
        for partitions in (12, 2, 5, 12, SLOTS, 1):
            await hub.declare(replace(topic, partitions=partitions))
            changed = replace(topic, partitions=hub.partitions(topic.name))
            await publish_all(hub, some_of_each(changed, 5, published))
            published += 5
            by_partition = [
                await read_to_end(hub, changed, {partition: 0})
                for partition in range(changed.partitions)
            ]
            for partition, records in enumerate(by_partition):
                assert all(record.partition == partition for record in records)
                assert all(changed.partition_of(s) == partition for s in numbers_of(records))
            together = numbers_of(record for records in by_partition for record in records)
            assert together == {subject: list(range(published)) for subject in SUBJECTS}
            whole = await read_to_end(hub, changed, from_the_beginning(changed))
            assert numbers_of(whole) == together

    def test_a_subject_is_in_its_slot_for_ever(self) -> None:
        assert [slot_of(subject) for subject in ("", "a", "subject-1", "ü")] == [0, 3, 51, 21]

    def test_a_topic_cannot_have_more_partitions_than_slots(self) -> None:
        with pytest.raises(ValueError, match=r"t: the number of partitions must be from 1 to 64"):
            Topic(name="t", partitions=SLOTS + 1, retention=timedelta(days=1))

    async def test_only_wanted_types_arrive(self, hub: Hub, topic: Topic) -> None:
        kinds = [f"test.Kind{number}.v1" for number in range(60)]
        for kind in kinds:
            await publish_all(hub, [outgoing(topic, s, 1, kind) for s in SUBJECTS[:5]])
        for wanted in (kinds[:1], kinds[3:7], kinds, ["test.Kind1", "test.Never.v1"], []):
            types = frozenset(wanted)
            records = await read_to_end(hub, topic, from_the_beginning(topic), types)
            for subject in SUBJECTS[:5]:
                mine = [r.type for r in records if Envelope.from_json(r.data).subject == subject]
                assert mine == [kind for kind in kinds if kind in types]
            assert len(records) == 5 * len(types.intersection(kinds))
            partly = await read_to_end(hub, topic, {0: 0, 1: 0}, types)
            assert by_place(partly) == by_place(r for r in records if r.partition in (0, 1))

    async def test_reading_continues_after_any_position(self, hub: Hub, topic: Topic) -> None:
        await publish_all(hub, some_of_each(topic, 15))
        records = await read_to_end(hub, topic, from_the_beginning(topic))
        for seen in (0, 1, 7, 150, 299, 300):
            after = after_these(topic, records[:seen])
            left = await read_to_end(hub, topic, after)
            assert by_place(left) == by_place(records[seen:])
        last = after_these(topic, records)
        middle = after_these(topic, records[:150])
        far_apart = {0: 0, 1: last[1], 2: middle[2]}
        left = await read_to_end(hub, topic, far_apart)
        assert by_place(left) == by_place(r for r in records if r.position > far_apart[r.partition])

    async def test_the_end_is_said_once_each_time_it_is_reached(
        self, hub: Hub, topic: Topic
    ) -> None:
        async with aclosing(hub.read(topic.name, from_the_beginning(topic))) as batches:
            assert await anext(batches) == ()
            for _ in range(3):
                await hub.publish(outgoing(topic))
                assert len(await anext(batches)) == 1
                assert await anext(batches) == ()

    async def test_what_is_not_wanted_does_not_hide_the_end(self, hub: Hub, topic: Topic) -> None:
        await publish_all(hub, some_of_each(topic, 5))
        after = from_the_beginning(topic)
        assert await read_to_end(hub, topic, after, frozenset({ENDED})) == []
        last = after_these(topic, await read_to_end(hub, topic, after))
        assert await read_to_end(hub, topic, last) == []

    async def test_reading_after_the_end_yields_what_comes(self, hub: Hub, topic: Topic) -> None:
        assert await hub.end(topic.name) == from_the_beginning(topic)
        await publish_all(hub, some_of_each(topic, 5))
        end = dict(await hub.end(topic.name))
        assert set(end) == set(range(topic.partitions))
        async with Reading(hub, topic, end) as reading:
            await reading.wait_for_end()
            await publish_all(hub, some_of_each(topic, 1, 5))
            await reading.wait(len(SUBJECTS))
        assert numbers_of(reading.records) == {subject: [5] for subject in SUBJECTS}

    async def test_the_end_is_found_while_messages_come(self, hub: Hub, topic: Topic) -> None:
        publishing = asyncio.create_task(publish_all(hub, some_of_each(topic, 100)))
        ends: list[int] = []
        async with asyncio.timeout(PATIENCE):
            while not publishing.done():
                ends.append(sum((await hub.end(topic.name)).values()))
                await asyncio.sleep(0)  # a hub in memory answers at once
        await publishing
        assert ends == sorted(ends)
        assert len(await read_to_end(hub, topic, dict(await hub.end(topic.name)))) == 0

    async def test_a_topic_is_complete_and_can_be_deleted(self, hub: Hub, topic: Topic) -> None:
        assert await hub.is_complete(topic.name)
        await publish_all(hub, some_of_each(topic, 2))
        assert await hub.is_complete(topic.name)
        for _ in range(2):
            await hub.delete(topic.name)
        await hub.declare(topic)
        assert await read_to_end(hub, topic, from_the_beginning(topic)) == []

    async def test_a_lost_topic_is_created_again_as_another_incarnation(
        self, hub: Hub, topic: Topic, connect: Connect
    ) -> None:
        """Whether it is published to, read or asked for first. The other member loses it."""
        other = await connect()
        await other.declare(topic)
        seen = [await hub.incarnation(topic.name)]

        async def read() -> None:
            assert await read_to_end(hub, topic, from_the_beginning(topic)) == []

        async def publish() -> None:
            await hub.publish(outgoing(topic))

        async def end() -> None:
            assert await hub.end(topic.name) == from_the_beginning(topic)

        for use in (read, publish, end):
            await publish_all(hub, some_of_each(topic, 1))
            assert await other.incarnation(topic.name) == seen[-1]
            await hub.declare(topic)
            assert await hub.incarnation(topic.name) == seen[-1]
            await other.delete(topic.name)
            await at_last(use)
            seen.append(await hub.incarnation(topic.name))
        assert len(set(seen)) == 4

    async def test_the_backlog_is_what_would_be_read(self, hub: Hub, topic: Topic) -> None:
        beginning = from_the_beginning(topic)
        assert await hub.backlog(topic.name, beginning) == Backlog(count=0, oldest=None)
        await publish_all(hub, some_of_each(topic, 5) + some_of_each(topic, 3, 5, ENDED))
        records = await read_to_end(hub, topic, beginning)
        middle = after_these(topic, records[:77])
        far_apart = {0: 0, 1: after_these(topic, records)[1], 2: middle[2]}
        end = dict(await hub.end(topic.name))
        for after in (beginning, middle, far_apart, end, {1: 0}, {0: middle[0]}):
            for types in (
                None,
                frozenset({HAPPENED}),
                frozenset({HAPPENED, ENDED}),
                frozenset("x"),
            ):
                left = await read_to_end(hub, topic, after, types)
                assert await hub.backlog(topic.name, after, types) == Backlog(
                    count=len(left), oldest=min((record.time for record in left), default=None)
                )

    async def test_a_message_is_stored_once_unless_it_is_wanted_again(
        self, hub: Hub, topic: Topic
    ) -> None:
        sent, others = outgoing(topic, number=7), some_of_each(topic, 1)
        await hub.publish(sent)
        await asyncio.gather(*map(hub.publish, [*others[:9], sent, *others[9:], sent]))
        records = await read_to_end(hub, topic, from_the_beginning(topic))
        assert numbers_of(records) == {"s": [7]} | {subject: [0] for subject in SUBJECTS}
        await hub.publish(sent, again=True)
        records = await read_to_end(hub, topic, from_the_beginning(topic))
        assert numbers_of(records)["s"] == [7, 7]

    async def test_a_message_that_is_too_large_is_refused_alone(
        self, hub: Hub, topic: Topic
    ) -> None:
        limit = hub.max_message_bytes
        others = some_of_each(topic, 1)
        messages = [*others[:5], of_size(topic, limit + 1), *others[5:], of_size(topic, limit)]
        results = await asyncio.gather(*map(hub.publish, messages), return_exceptions=True)
        assert [(i, type(r)) for i, r in enumerate(results) if r is not None] == [(5, TooLarge)]
        assert f"{HAPPENED} has {limit + 1} bytes" in str(results[5])
        records = await read_to_end(hub, topic, from_the_beginning(topic))
        assert sorted(record.data for record in records) == sorted(
            message.data for message in messages if len(message.data) <= limit
        )

    async def test_many_large_messages_are_read_in_bounded_batches(
        self, hub: Hub, topic: Topic
    ) -> None:
        sent = [outgoing(topic, "s", number, padding=300_000) for number in range(20)]
        await publish_all(hub, sent)
        async with aclosing(hub.read(topic.name, from_the_beginning(topic))) as batches:
            received: list[bytes] = []
            while len(received) < len(sent):
                batch = await anext(batches)
                assert sum(len(record.data) for record in batch) < 2_000_000
                received += [record.data for record in batch]
        assert received == [message.data for message in sent]

    async def test_nothing_is_read_far_ahead(self, hub: Hub, topic: Topic) -> None:
        large = [outgoing(topic, s, n, padding=10_000) for n in range(200) for s in SUBJECTS]
        await publish_all(hub, large)
        del large
        tracemalloc.start()
        try:
            async with aclosing(hub.read(topic.name, from_the_beginning(topic))) as batches:
                count = len(await anext(batches))
                for _ in range(20):  # what is on its way arrives before these answers
                    await hub.end(topic.name)
                assert tracemalloc.get_traced_memory()[0] < 10_000_000
                while count < 200 * len(SUBJECTS):
                    count += len(await anext(batches))
                    assert tracemalloc.get_traced_memory()[0] < 10_000_000
        finally:
            tracemalloc.stop()

    async def test_a_hundred_thousand_messages_in_order(self, hub: Hub, topic: Topic) -> None:
        each = 500
        names = [f"key-{number}" for number in range(200)]
        messages = [outgoing(topic, name, number) for number in range(each) for name in names]
        async with Reading(hub, topic) as reading:
            await publish_all(hub, messages)
            await reading.wait(100_000)
        assert reading.failures == 0
        assert numbers_of(reading.records) == {name: list(range(each)) for name in names}

    async def test_a_cancelled_reader_leaves_nothing_behind(self, hub: Hub, topic: Topic) -> None:
        before = asyncio.all_tasks()
        for _ in range(5):
            async with Reading(hub, topic) as reading:
                await reading.wait_for_end()
        await until(lambda: asyncio.all_tasks() <= before)
        await hub.publish(outgoing(topic))
        assert len(await read_to_end(hub, topic, from_the_beginning(topic))) == 1

    async def test_a_topic_is_declared_by_many_at_once(self, hub: Hub, connect: Connect) -> None:
        topic = Topic(
            name=f"t{uuid4().hex[:10]}.unit.events", partitions=3, retention=timedelta(days=1)
        )
        hubs = [hub, *await asyncio.gather(*(connect() for _ in range(9)))]
        await asyncio.gather(*(one.declare(topic) for one in hubs))
        await hub.publish(outgoing(topic))
        changed = Topic(name=topic.name, partitions=3, retention=timedelta(days=2))
        await asyncio.gather(*(one.declare(changed) for one in hubs))
        for one in hubs:
            assert len(await read_to_end(one, topic, from_the_beginning(topic))) == 1

    async def test_a_closed_hub_ends_its_readers(self, topic: Topic, connect: Connect) -> None:
        other = await connect()
        await other.declare(topic)
        async with aclosing(other.read(topic.name, from_the_beginning(topic))) as batches:
            assert await anext(batches) == ()
            await other.close()
            with pytest.raises(Unavailable):
                await anext(batches)
        assert other.status() != "ok"


class Server(Protocol):
    """The server of a hub, which can be killed and started again."""

    def kill(self) -> None: ...

    def start(self) -> None: ...

    def lose(self) -> None:
        """Remove all that it has stored."""
        ...


class LostServerContract:
    """What a hub must do when its server is killed; with `hub`, and the `server` it uses."""

    @pytest.fixture
    async def topic(self, hub: Hub) -> Topic:
        name = f"t{uuid4().hex[:10]}.order.events"
        topic = Topic(name=name, partitions=3, retention=timedelta(days=1))
        await hub.declare(topic)
        return topic

    async def test_nothing_is_lost_when_the_server_is_killed(
        self, hub: Hub, topic: Topic, server: Server
    ) -> None:
        """Killed twice in the middle of publishing and reading."""
        stop, published = asyncio.Event(), dict.fromkeys(SUBJECTS, 0)

        async def publish(subject: str) -> None:
            while not stop.is_set():
                await publish_at_last(hub, outgoing(topic, subject, published[subject]))
                published[subject] += 1

        def all_published(more: int) -> Callable[[], bool]:
            goals = {subject: count + more for subject, count in published.items()}
            return lambda: all(published[subject] >= goals[subject] for subject in SUBJECTS)

        async with Reading(hub, topic) as reading:
            publishers = [asyncio.create_task(publish(subject)) for subject in SUBJECTS]
            for _ in range(2):
                await until(all_published(10))
                server.kill()
                await until(lambda: hub.status() != "ok")
                server.start()
            await until(all_published(10))
            stop.set()
            await asyncio.gather(*publishers)
            await until(
                lambda: {s: ns[-1] + 1 for s, ns in numbers_of(reading.records).items()}
                == published
            )
        assert reading.failures >= 2
        for subject, numbers in numbers_of(reading.records).items():
            once = [number for number, _ in groupby(numbers)]  # it may come twice, but in its place
            assert once == list(range(published[subject]))

    async def test_a_restart_of_the_server_is_no_new_incarnation(
        self, hub: Hub, topic: Topic, server: Server
    ) -> None:
        before = await hub.incarnation(topic.name)
        server.kill()
        await until(lambda: hub.status() != "ok")
        server.start()
        await until(lambda: hub.status() == "ok")
        assert await hub.incarnation(topic.name) == before

    async def test_a_server_that_has_lost_its_disk_goes_on(
        self, hub: Hub, topic: Topic, server: Server
    ) -> None:
        """A reader begins anew, as units do when they see another incarnation."""
        await publish_all(hub, some_of_each(topic, 5))
        before = await hub.incarnation(topic.name)
        server.kill()
        await until(lambda: hub.status() != "ok")
        server.lose()
        server.start()
        for message in some_of_each(topic, 5, 5):
            await publish_at_last(hub, message)
        assert await hub.incarnation(topic.name) != before
        records = await read_to_end(hub, topic, from_the_beginning(topic))
        assert numbers_of(records) == {subject: [5, 6, 7, 8, 9] for subject in SUBJECTS}

    async def test_it_is_unavailable_while_there_is_no_server(
        self, hub: Hub, topic: Topic, server: Server
    ) -> None:
        messages = some_of_each(topic, 10)
        async with aclosing(hub.read(topic.name, from_the_beginning(topic))) as batches:
            assert await anext(batches) == ()
            publishing = [asyncio.create_task(hub.publish(message)) for message in messages]
            await asyncio.wait(publishing, return_when=asyncio.FIRST_COMPLETED)
            server.kill()
            killed = time.monotonic()
            with pytest.raises(Unavailable):
                [batch async for batch in batches]
            results = await asyncio.gather(*publishing, return_exceptions=True)
            assert time.monotonic() - killed < 5
        assert {type(result) for result in results} <= {type(None), Unavailable}
        assert hub.status() != "ok"
        with pytest.raises(Unavailable):
            await hub.publish(messages[0])
        with pytest.raises(Unavailable):
            await anext(hub.read(topic.name, from_the_beginning(topic)))
        with pytest.raises(Unavailable):
            await hub.end(topic.name)
        server.start()
        await until(lambda: hub.status() == "ok")
        for message in messages:
            await publish_at_last(hub, message)
        records = await read_to_end(hub, topic, from_the_beginning(topic))
        assert numbers_of(records).keys() == set(SUBJECTS)
        assert {r.data for r in records} == {m.data for m in messages}
