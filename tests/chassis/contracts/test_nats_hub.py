from __future__ import annotations

import asyncio
import signal
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import nats
import pytest
from chassis.errors import Unavailable
from chassis.hub.nats import NatsHub, connect_nats
from chassis.hub.nats_subjects import Selection, stream_name
from chassis.hub.port import Hub, Topic
from nats.aio.client import Client

from tests.waiting import PATIENCE, until

from .hub_contract import (
    ENDED,
    HAPPENED,
    SUBJECTS,
    Connect,
    HubContract,
    LostServerContract,
    Reading,
    Server,
    from_the_beginning,
    numbers_of,
    outgoing,
    publish_all,
    publish_at_last,
    read_to_end,
    some_of_each,
)


class TestNatsHub(HubContract):
    @pytest.fixture
    async def connect(self, nats_server: Any) -> AsyncIterator[Connect]:
        hubs: list[NatsHub] = []

        async def connect() -> Hub:
            hubs.append(await connect_nats(nats_server.url, "test"))
            return hubs[-1]

        yield connect
        await asyncio.gather(*(hub.close() for hub in hubs))

    @pytest.fixture
    async def hub(self, connect: Connect) -> Hub:
        return await connect()


class TestKilledNats(LostServerContract):
    @pytest.fixture
    def server(self, own_nats_server: Server) -> Server:
        return own_nats_server

    @pytest.fixture
    async def hub(self, own_nats_server: Any) -> AsyncIterator[Hub]:
        hub = await connect_nats(own_nats_server.url, "test")
        yield hub
        await hub.close()


class TestNatsOnly:
    @pytest.fixture
    async def client(self, nats_server: Any) -> AsyncIterator[Client]:
        client = await nats.connect(nats_server.url)
        yield client
        await client.close()

    @pytest.fixture
    async def hub(self, nats_server: Any) -> AsyncIterator[NatsHub]:
        hub = await connect_nats(nats_server.url, "test")
        yield hub
        await hub.close()

    @pytest.fixture
    def topic(self) -> Topic:
        name = f"t{uuid4().hex[:10]}.unit.events"
        return Topic(name=name, partitions=5, retention=timedelta(days=1))

    async def test_the_stream_of_an_older_version_is_taken_over(
        self, hub: NatsHub, topic: Topic, client: Client
    ) -> None:
        """It had 12 partitions, `{topic}.{partition}`, and a durable consumer for each."""
        js, stream = client.jetstream(), stream_name(topic.name)
        await js.add_stream(name=stream, subjects=[f"{topic.name}.*"])
        for partition in range(12):
            await js.add_consumer(
                stream,
                durable_name=f"unit-policies-{partition}",
                filter_subject=f"{topic.name}.{partition}",
            )
        await js.add_consumer(stream, durable_name="somebody", filter_subject=f"{topic.name}.*")
        old = [
            outgoing(topic, subject, number, type)
            for number, type in enumerate([HAPPENED, ENDED, HAPPENED])
            for subject in SUBJECTS
        ]
        for message in old:
            partition = zlib.crc32(message.subject.encode()) % 12
            await js.publish(f"{topic.name}.{partition}", message.data)
        await js.publish(f"{topic.name}.3", b"not an envelope")

        await hub.declare(topic)
        await publish_all(hub, some_of_each(topic, 2, 3))

        for partition in range(topic.partitions):
            records = await read_to_end(hub, topic, {partition: 0})
            mine = [s for s in SUBJECTS if topic.partition_of(s) == partition]
            assert numbers_of(records) == {subject: list(range(5)) for subject in mine}
            assert {record.partition for record in records} <= {partition}
        ended = await read_to_end(hub, topic, from_the_beginning(topic), frozenset({ENDED}))
        assert numbers_of(ended) == {subject: [1] for subject in SUBJECTS}
        assert [c.name for c in await js.consumers_info(stream)] == ["somebody"]

    async def test_a_consumer_in_use_is_left_to_the_older_version(
        self, hub: NatsHub, topic: Topic, client: Client
    ) -> None:
        js, stream = client.jetstream(), stream_name(topic.name)
        await js.add_stream(name=stream, subjects=[f"{topic.name}.*"])
        old = await js.pull_subscribe(f"{topic.name}.1", durable="group-1", stream=stream)
        fetching = asyncio.create_task(old.fetch(1, timeout=PATIENCE))
        async with asyncio.timeout(PATIENCE):
            while not (await js.consumer_info(stream, "group-1")).num_waiting:
                await asyncio.sleep(0.01)
        await hub.declare(topic)
        assert [c.name for c in await js.consumers_info(stream)] == ["group-1"]
        fetching.cancel()

    async def test_a_lost_consumer_is_unavailable(
        self, hub: NatsHub, topic: Topic, client: Client
    ) -> None:
        js, stream = client.jetstream(), stream_name(topic.name)
        await hub.declare(topic)
        async with Reading(hub, topic) as reading:
            await reading.wait_for_end()
            [consumer] = await js.consumers_info(stream)
            await js.delete_consumer(stream, str(consumer.name))
            await until(lambda: reading.failures == 1)
            await hub.publish(outgoing(topic))
            await reading.wait(1)

    async def test_a_reader_that_ends_deletes_its_consumer(
        self, hub: NatsHub, topic: Topic, client: Client
    ) -> None:
        js, stream = client.jetstream(), stream_name(topic.name)
        await hub.declare(topic)
        await hub.publish(outgoing(topic))
        async with Reading(hub, topic) as reading:
            await reading.wait_for_end()
            assert len(await js.consumers_info(stream)) == 1
        await hub.backlog(topic.name, from_the_beginning(topic))
        async with asyncio.timeout(PATIENCE):
            while await js.consumers_info(stream):
                await asyncio.sleep(0.01)

    async def test_a_position_beyond_the_end_is_not_waited_for(
        self, hub: NatsHub, topic: Topic, client: Client
    ) -> None:
        await hub.declare(topic)
        await publish_all(hub, some_of_each(topic, 1))
        end = dict(await hub.end(topic.name))
        await client.jetstream().delete_stream(stream_name(topic.name))
        await hub.declare(topic)
        await hub.publish(outgoing(topic))
        with pytest.raises(Unavailable, match=r"ends at 1, but 20 was read: is this another"):
            await anext(hub.read(topic.name, end))

    async def test_a_topic_without_a_stream_is_unavailable(
        self, hub: NatsHub, topic: Topic, client: Client
    ) -> None:
        await hub.declare(topic)
        await client.jetstream().delete_stream(stream_name(topic.name))
        with pytest.raises(Unavailable):
            await hub.publish(outgoing(topic))
        with pytest.raises(Unavailable):
            await anext(hub.read(topic.name, from_the_beginning(topic)))

    async def test_no_server_is_unavailable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("chassis.hub.nats._CONNECT_TIMEOUT", 0.5)
        with pytest.raises(Unavailable, match="no event hub at nats://127"):
            await connect_nats("nats://127.0.0.1:1", "test")

    async def test_idle_readers_cost_nothing(self, hub: NatsHub, topic: Topic) -> None:
        await hub.declare(topic)
        async with AsyncExitStack() as stack:
            for _ in range(40):
                reading = await stack.enter_async_context(Reading(hub, topic))
                await reading.wait_for_end()
            busy = time.process_time()
            await asyncio.sleep(2)
            assert time.process_time() - busy < 0.1

    async def test_a_stopped_server_is_noticed(self, own_nats_server: Any, topic: Topic) -> None:
        """Its connections stay open, but it is silent."""
        hub = await connect_nats(own_nats_server.url, "test")
        await hub.declare(topic)
        async with Reading(hub, topic) as reading:
            await reading.wait_for_end()
            own_nats_server.signal(signal.SIGSTOP)
            await until(lambda: reading.failures)
            own_nats_server.signal(signal.SIGCONT)
            await publish_at_last(hub, outgoing(topic))
            await reading.wait(1)
        await hub.close()


def test_filters_are_few() -> None:
    topic = Topic(name="a.b", partitions=4, retention=timedelta(days=1))
    everything = {0: 0, 1: 0, 2: 0, 3: 0}

    def filters(after: dict[int, int], *types: str) -> list[str]:
        return Selection.of(topic, after, frozenset(types) if types else None).filters()

    assert filters(everything) == ["a.b.>"]
    assert filters(everything, "x.v1", "y.v1") == ["a.b.*", "a.b.*.x.v1", "a.b.*.y.v1"]
    assert filters({3: 0}) == ["a.b.*", *(f"a.b.{slot}.>" for slot in range(48, 64))]
    assert filters({3: 0}, "x") == ["a.b.*", *(f"a.b.{slot}.x" for slot in range(48, 64))]
    many = [f"x{number:02}" for number in range(20)]
    assert filters({3: 0}, *many) == ["a.b.*", *(f"a.b.{slot}.>" for slot in range(48, 64))]
    assert filters({0: 0, 1: 0}, *many) == ["a.b.*", *(f"a.b.*.{type}" for type in many)]
