from __future__ import annotations

import asyncio
import signal
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import nats
import pytest
from chassis.errors import Unavailable
from chassis.hub.nats.hub import NatsHub, connect_nats
from chassis.hub.nats.subjects import Selection, stream_name
from chassis.hub.port import Hub, Topic
from nats.aio.client import Client
from nats.js import JetStreamContext

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

        async def consumers() -> list[str]:
            return [consumer.name for consumer in await js.consumers_info(stream)]

        # A reader deletes its consumer when it is closed, without waiting for an answer.
        while await consumers() != ["somebody"]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def test_a_consumer_in_use_is_left_to_the_older_version(
        self, hub: NatsHub, topic: Topic, client: Client
    ) -> None:
        js, stream = client.jetstream(), stream_name(topic.name)
        await js.add_stream(name=stream, subjects=[f"{topic.name}.*"])
        old = await js.pull_subscribe(f"{topic.name}.1", durable="group-1", stream=stream)
        fetching = asyncio.create_task(old.fetch(1, timeout=PATIENCE))
        await _until(lambda: _is_used(js, stream, "group-1"))
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
        await _until(lambda: _has_no_consumers(js, stream))

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

    async def test_a_temporary_topic_that_is_lost_stays_away(
        self, hub: NatsHub, topic: Topic, client: Client
    ) -> None:
        await hub.declare(replace(topic, temporary=True))
        await client.jetstream().delete_stream(stream_name(topic.name))
        for _ in range(2):
            with pytest.raises(Unavailable):
                await hub.publish(outgoing(topic))
            with pytest.raises(Unavailable):
                await anext(hub.read(topic.name, from_the_beginning(topic)))

    async def test_a_message_that_the_server_refuses_is_refused_alone(
        self, hub: NatsHub, topic: Topic, client: Client
    ) -> None:
        """The limit of this stream is lower than the hub knows."""
        await hub.declare(topic)
        stream, js = stream_name(topic.name), client.jetstream()
        config = (await js.stream_info(stream)).config
        await js.update_stream(config, max_msg_size=2_000)
        messages = some_of_each(topic, 3)
        refused = {0, 7, 8, 59}
        for index in refused:
            messages[index] = outgoing(topic, "large", index, padding=3_000)
        results = await asyncio.gather(*map(hub.publish, messages), return_exceptions=True)
        assert {index for index, result in enumerate(results) if result is not None} == refused
        assert all(isinstance(results[index], Unavailable) for index in refused)
        records = await read_to_end(hub, topic, from_the_beginning(topic))
        assert sorted(record.data for record in records) == sorted(
            message.data for index, message in enumerate(messages) if index not in refused
        )

    async def test_a_message_larger_than_the_limit_of_today_is_read(
        self, hub: NatsHub, topic: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await hub.declare(topic)
        sent = [outgoing(topic, "s", number, padding=n) for number, n in enumerate((1, 90_000, 1))]
        await publish_all(hub, sent)
        monkeypatch.setattr("chassis.hub.nats.consumer._PULL_MARGIN", 5_000 - 1024 * 1024)
        records = await read_to_end(hub, topic, from_the_beginning(topic))
        assert [record.data for record in records] == [message.data for message in sent]

    async def test_a_request_ends_with_the_connection(
        self, own_nats_server: Any, topic: Topic
    ) -> None:
        hub = await connect_nats(own_nats_server.url, "test")
        await hub.declare(topic)
        own_nats_server.signal(signal.SIGSTOP)
        requests = [
            asyncio.create_task(hub.end(topic.name)),
            asyncio.create_task(hub.backlog(topic.name, {0: 0})),
            asyncio.create_task(read_to_end(hub, topic, {0: 0})),
            asyncio.create_task(hub.publish(outgoing(topic))),
        ]
        await asyncio.sleep(0.1)
        assert not any(request.done() for request in requests)
        own_nats_server.kill()
        killed = time.monotonic()
        results = await asyncio.gather(*requests, return_exceptions=True)
        assert {type(result) for result in results} == {Unavailable}
        assert time.monotonic() - killed < 10
        await hub.close()

    async def test_an_old_server_is_refused(
        self, nats_server: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chassis.hub.nats.hub._OLDEST_SERVER", (99, 1))
        with pytest.raises(Unavailable, match=r"is nats-server 2\.\d+, but 99\.1 or newer is"):
            await connect_nats(nats_server.url, "test")

    async def test_a_type_must_fit_in_a_subject(self, hub: NatsHub, topic: Topic) -> None:
        await hub.declare(topic)
        for type in ("", "a b", "a..b", "a.*", ">"):
            with pytest.raises(ValueError, match="is not a type of messages"):
                await hub.publish(outgoing(topic, type=type))

    async def test_no_server_is_unavailable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("chassis.hub.nats.hub._CONNECT_TIMEOUT", 0.5)
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

    async def test_a_stopped_server_is_noticed(
        self, own_nats_server: Any, topic: Topic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its connections stay open, but it is silent."""
        monkeypatch.setattr("chassis.hub.nats.consumer._SILENCE", 2.1)
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


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - the server sets no event of ours
            await asyncio.sleep(0.01)


async def _is_used(js: JetStreamContext, stream: str, consumer: str) -> bool:
    return bool((await js.consumer_info(stream, consumer)).num_waiting)


async def _has_no_consumers(js: JetStreamContext, stream: str) -> bool:
    return not await js.consumers_info(stream)


def test_filters_are_few() -> None:
    topic = Topic(name="a.b", partitions=4, retention=timedelta(days=1))
    everything, half, one = dict.fromkeys(range(4), 0), {0: 0, 1: 0}, {3: 0}

    def filters(after: dict[int, int], *types: str, old: bool = False) -> list[str]:
        selection = Selection.of(topic, after, frozenset(types) if types else None)
        return selection.filters(old=old)

    assert filters(everything) == filters(everything, old=True) == ["a.b.>"]
    assert filters(everything, "x.v1", "y.v1") == filters(half, "x.v1", "y.v1") == ["a.b.>"]
    assert filters(everything, "x.v1") == filters(half, "x.v1") == ["a.b.*.x.v1"]
    assert filters(everything, "x.v1", old=True) == ["a.b.*", "a.b.*.x.v1"]
    assert filters(one) == [f"a.b.{slot}.>" for slot in range(48, 64)]
    assert filters(one, "x") == [f"a.b.{slot}.x" for slot in range(48, 64)]
    assert filters(one, "x", "y") == [f"a.b.{slot}.>" for slot in range(48, 64)]
