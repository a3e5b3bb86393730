"""What every hub must do. An adapter's tests inherit this and provide `hub` and `connect`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import uuid4

import pytest
from chassis.envelope import Envelope
from chassis.hub.port import Hub, Topic

from tests.waiting import PATIENCE, until

Connect: TypeAlias = Callable[[], Awaitable[Hub]]

SUBJECTS = [f"subject-{number}" for number in range(8)]


def envelope(subject: str = "s", number: int = 0) -> Envelope:
    return Envelope(
        id=uuid4(),
        source="/test/unit",
        type="test.Happened.v1",
        subject=subject,
        time=datetime.now(UTC),
        data={"number": number},
        correlation_id=uuid4(),
    )


class Inbox:
    """Remembers what was delivered."""

    def __init__(self) -> None:
        self.got: list[Envelope] = []

    async def __call__(self, raw: bytes) -> None:
        self.got.append(Envelope.from_json(raw))

    async def wait(self, count: int) -> list[Envelope]:
        await until(lambda: len(self.got) >= count)
        return self.got

    def numbers(self, subject: str) -> list[int]:
        return [e.data["number"] for e in self.got if e.subject == subject]


class HubContract:
    """Inherited by the tests of every adapter."""

    @pytest.fixture
    async def topic(self, hub: Hub) -> Topic:
        topic = Topic(
            name=f"t{uuid4().hex[:10]}.unit.events", partitions=3, retention=timedelta(days=1)
        )
        await hub.declare(topic)
        return topic

    async def test_a_message_arrives_as_it_was_published(self, hub: Hub, topic: Topic) -> None:
        inbox, sent = Inbox(), envelope()
        await hub.subscribe(topic.name, "group", inbox)
        await hub.publish(topic.name, sent)
        assert await inbox.wait(1) == [sent]

    async def test_a_group_gets_what_was_published_before_it_came(
        self, hub: Hub, topic: Topic
    ) -> None:
        inbox, sent = Inbox(), envelope()
        await hub.publish(topic.name, sent)
        await hub.subscribe(topic.name, "late", inbox)
        assert await inbox.wait(1) == [sent]

    async def test_every_group_gets_every_message(self, hub: Hub, topic: Topic) -> None:
        one, two = Inbox(), Inbox()
        await hub.subscribe(topic.name, "one", one)
        await hub.subscribe(topic.name, "two", two)
        await hub.publish(topic.name, envelope())
        assert await one.wait(1) == await two.wait(1)

    async def test_members_of_a_group_share_the_messages(
        self, hub: Hub, topic: Topic, connect: Connect
    ) -> None:
        other, one, two = await connect(), Inbox(), Inbox()
        await other.declare(topic)
        await hub.subscribe(topic.name, "group", one)
        await other.subscribe(topic.name, "group", two)
        for number in range(60):
            await hub.publish(topic.name, envelope(SUBJECTS[number % 8], number))
        await until(lambda: len(one.got) + len(two.got) >= 60)
        await asyncio.sleep(0.05)
        got = [e.data["number"] for e in one.got + two.got]
        assert sorted(got) == list(range(60))

    async def test_messages_of_a_subject_arrive_in_order(self, hub: Hub, topic: Topic) -> None:
        inbox = Inbox()

        async def uneven(raw: bytes) -> None:
            await asyncio.sleep(0.003 if raw[-3] % 2 else 0)
            await inbox(raw)

        await hub.subscribe(topic.name, "group", uneven)
        for number in range(40):
            await asyncio.gather(*(hub.publish(topic.name, envelope(s, number)) for s in SUBJECTS))
        await inbox.wait(320)
        assert all(inbox.numbers(subject) == list(range(40)) for subject in SUBJECTS)

    async def test_order_holds_when_a_member_is_lost(
        self, hub: Hub, topic: Topic, connect: Connect
    ) -> None:
        """A message in the hands of a member that vanishes comes before those after it."""
        other, inbox, stuck = await connect(), Inbox(), asyncio.Event()

        async def never(raw: bytes) -> None:
            stuck.set()
            await asyncio.sleep(3600)

        await other.declare(topic)
        await other.subscribe(topic.name, "group", never)
        for number in range(10):
            await hub.publish(topic.name, envelope("s", number))
        await asyncio.wait_for(stuck.wait(), PATIENCE)
        await hub.subscribe(topic.name, "group", inbox)
        await asyncio.sleep(0.2)
        assert inbox.got == []
        await other.close()
        await inbox.wait(10)
        assert inbox.numbers("s") == list(range(10))

    async def test_a_failed_delivery_is_repeated_in_its_place(self, hub: Hub, topic: Topic) -> None:
        inbox, failures = Inbox(), 0

        async def fail_once(raw: bytes) -> None:
            nonlocal failures
            if not failures:
                failures += 1
                raise RuntimeError("once")
            await inbox(raw)

        await hub.subscribe(topic.name, "group", fail_once)
        for number in range(3):
            await hub.publish(topic.name, envelope("s", number))
        await inbox.wait(3)
        assert inbox.numbers("s") == [0, 1, 2]

    async def test_a_stopped_member_finishes_and_loses_nothing(
        self, hub: Hub, topic: Topic
    ) -> None:
        first, second, begun = Inbox(), Inbox(), asyncio.Event()

        async def slow(raw: bytes) -> None:
            begun.set()
            await asyncio.sleep(0.1)
            await first(raw)

        member = await hub.subscribe(topic.name, "group", slow)
        for number in range(5):
            await hub.publish(topic.name, envelope("s", number))
        await begun.wait()
        await member.stop()
        taken = len(first.got)
        assert taken >= 1
        await hub.subscribe(topic.name, "group", second)
        await second.wait(5 - taken)
        assert first.numbers("s") + second.numbers("s") == list(range(5))

    async def test_publishing_the_same_again(self, hub: Hub, topic: Topic) -> None:
        inbox, sent = Inbox(), envelope()
        await hub.subscribe(topic.name, "group", inbox)
        await hub.publish(topic.name, sent)
        await hub.publish(topic.name, sent, again=True)
        assert await inbox.wait(2) == [sent, sent]

    async def test_a_topic_can_be_looked_through(self, hub: Hub, topic: Topic) -> None:
        sent = [envelope(subject) for subject in SUBJECTS]
        for message in sent:
            await hub.publish(topic.name, message)
        logged = [message async for message in hub.browse(topic.name)]
        assert [Envelope.from_json(message.data) for message in logged] == sent
        await hub.discard(topic.name, logged[2].position)
        await hub.discard(topic.name, logged[7].position)
        left = [Envelope.from_json(m.data) async for m in hub.browse(topic.name)]
        assert left == sent[:2] + sent[3:7]

    async def test_an_empty_topic_has_nothing(self, hub: Hub, topic: Topic) -> None:
        assert [message async for message in hub.browse(topic.name)] == []

    async def test_a_topic_is_configured_anew(
        self, hub: Hub, topic: Topic, connect: Connect
    ) -> None:
        await hub.publish(topic.name, envelope())
        other = await connect()
        await other.declare(
            Topic(name=topic.name, partitions=3, retention=topic.retention + timedelta(days=1))
        )
        assert len([message async for message in other.browse(topic.name)]) == 1
