"""What holds for Kafka only: how its topics look to others, and how its clients fail."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from chassis.errors import Unavailable
from chassis.hub.kafka.hub import KafkaHub, connect_kafka
from chassis.hub.port import Backlog, Topic
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from tests.chassis.contracts.hub_contract import (
    ENDED,
    HAPPENED,
    SUBJECTS,
    Reading,
    after_these,
    from_the_beginning,
    numbers_of,
    outgoing,
    publish_all,
    publish_at_last,
    read_to_end,
    some_of_each,
)
from tests.servers.kafka import KafkaServer
from tests.waiting import PATIENCE, until


@pytest.fixture
async def hub(kafka_url: str) -> AsyncIterator[KafkaHub]:
    hub = await connect_kafka(kafka_url, "test")
    yield hub
    await hub.close()


@pytest.fixture
async def topic(hub: KafkaHub) -> Topic:
    name = f"t{uuid4().hex[:10]}.unit.events"
    topic = Topic(name=name, partitions=3, retention=timedelta(days=1))
    await hub.declare(topic)
    return topic


@pytest.fixture
def servers(kafka_url: str) -> dict[str, Any]:
    """The settings of other clients."""
    return {"bootstrap.servers": kafka_url.removeprefix("kafka://")}


async def test_a_message_as_other_clients_see_it(
    hub: KafkaHub, topic: Topic, servers: dict[str, Any]
) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    sent = outgoing(topic, "subject-1")
    envelope = replace(sent.envelope, traceparent=trace, data={"traceparent": "of the data"})
    sent = replace(sent, data=envelope.to_json())
    await hub.publish(sent)
    untraced = outgoing(topic, 'a "traceparent":"x" of a subject')
    await hub.publish(untraced)
    others = {
        message.key(): message for message in await asyncio.to_thread(_consume, servers, topic, 2)
    }
    message = others[b"subject-1"]
    assert message.partition() == topic.partition_of("subject-1")
    assert message.value() == sent.data
    assert message.headers() == [
        ("content-type", b"application/cloudevents+json; charset=UTF-8"),
        ("ce_specversion", b"1.0"),
        ("ce_id", sent.id.encode()),
        ("ce_type", HAPPENED.encode()),
        ("traceparent", trace.encode()),
    ]
    headers = others[untraced.subject.encode()].headers()
    assert "traceparent" not in dict(headers)


async def test_a_topic_as_operators_see_it(
    hub: KafkaHub, topic: Topic, servers: dict[str, Any]
) -> None:
    await hub.declare(replace(topic, retention=timedelta(hours=2)))
    resource = ConfigResource(ResourceType.TOPIC, topic.name)
    admin = AdminClient(servers)
    entries = await asyncio.to_thread(admin.describe_configs([resource])[resource].result)
    assert {
        name: entries[name].value
        for name in ("cleanup.policy", "retention.ms", "message.timestamp.type")
    } == {
        "cleanup.policy": "delete",
        "retention.ms": "7200000",
        "message.timestamp.type": "LogAppendTime",
    }
    found = await asyncio.to_thread(admin.list_topics, topic.name, 10)
    assert set(found.topics[topic.name].partitions) == {0, 1, 2}


async def test_a_topic_keeps_its_partitions(hub: KafkaHub, topic: Topic) -> None:
    await publish_all(hub, some_of_each(topic, 2))
    for declared in (12, 1):
        await hub.declare(replace(topic, partitions=declared))
        assert hub.partitions(topic.name) == 3
        assert set(await hub.end(topic.name)) == {0, 1, 2}


async def test_what_others_publish_without_headers_is_read(
    hub: KafkaHub, topic: Topic, servers: dict[str, Any]
) -> None:
    producer = Producer(servers)
    ended = outgoing(topic, type=ENDED).data
    for value in (ended, b"not an envelope", None, b"[]", outgoing(topic).data):
        producer.produce(topic.name, value, partition=1)
    await asyncio.to_thread(producer.flush, PATIENCE)
    records = await read_to_end(hub, topic, from_the_beginning(topic))
    assert [record.type for record in records] == [ENDED, "", "", "", HAPPENED]
    wanted = await read_to_end(hub, topic, from_the_beginning(topic), frozenset({ENDED}))
    assert [record.data for record in wanted] == [ended]


async def test_what_has_expired_is_skipped(
    hub: KafkaHub, topic: Topic, servers: dict[str, Any]
) -> None:
    await publish_all(hub, some_of_each(topic, 3))
    records = await read_to_end(hub, topic, from_the_beginning(topic))
    expired = after_these(topic, records[:30])
    before = [TopicPartition(topic.name, *at) for at in expired.items()]
    admin = AdminClient(servers)
    for deleted in admin.delete_records(before).values():
        await asyncio.to_thread(deleted.result)
    assert not await hub.is_complete(topic.name)
    left = await read_to_end(hub, topic, from_the_beginning(topic))
    assert len(left) == len(records) - sum(expired.values())
    assert await hub.backlog(topic.name, from_the_beginning(topic)) == Backlog(
        count=len(left), oldest=min(record.time for record in left)
    )


async def test_a_position_beyond_the_end_is_not_waited_for(hub: KafkaHub, topic: Topic) -> None:
    await publish_all(hub, some_of_each(topic, 1))
    end = dict(await hub.end(topic.name))
    await hub.delete(topic.name)
    await hub.declare(topic)
    with pytest.raises(Unavailable, match="was read: is this another"):
        await anext(hub.read(topic.name, end))


async def test_a_reader_of_a_topic_that_was_created_again_is_told(
    hub: KafkaHub, topic: Topic, kafka_url: str
) -> None:
    """Otherwise it would go on where it was, in another log."""
    other = await connect_kafka(kafka_url, "other")
    async with Reading(hub, topic) as reading:
        await publish_all(hub, some_of_each(topic, 1))
        await reading.wait(len(SUBJECTS))
        await other.delete(topic.name)
        await other.declare(topic)
        await until(lambda: reading.failures)
        reading.after = from_the_beginning(topic)
        await publish_all(hub, some_of_each(topic, 1, 1))
        await reading.wait(2 * len(SUBJECTS))
    await other.close()


async def test_a_temporary_topic_that_is_lost_stays_away(hub: KafkaHub, topic: Topic) -> None:
    await hub.declare(replace(topic, temporary=True))
    await hub.delete(topic.name)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await hub.publish(outgoing(topic))
        with pytest.raises(Unavailable):
            await anext(hub.read(topic.name, from_the_beginning(topic)))


async def test_a_stopped_server_is_noticed(
    kafka_server: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connections stay open, but it is silent."""
    monkeypatch.setattr("chassis.hub.kafka.connection._SILENCE", 2.0)
    hub = await connect_kafka(kafka_server.url, "test")
    topic = Topic(name=f"t{uuid4().hex[:10]}", partitions=2, retention=timedelta(days=1))
    await hub.declare(topic)
    async with Reading(hub, topic) as reading:
        await reading.wait_for_end()
        kafka_server.signal(signal.SIGSTOP)
        publishing = asyncio.create_task(hub.publish(outgoing(topic, number=1)))
        await until(lambda: reading.failures)
        with pytest.raises(Unavailable):
            await publishing
        kafka_server.signal(signal.SIGCONT)
        await publish_at_last(hub, outgoing(topic, number=2))
        await until(lambda: 2 in numbers_of(reading.records)["s"])
    await hub.close()


async def test_a_reader_that_is_closed_with_much_to_read_ends_its_thread(
    hub: KafkaHub, topic: Topic
) -> None:
    await publish_all(hub, [outgoing(topic, "s", n, padding=600_000) for n in range(16)])
    before = set(threading.enumerate())
    async with aclosing(hub.read(topic.name, from_the_beginning(topic))) as batches:
        await anext(batches)
        assert set(threading.enumerate()) - before
        await asyncio.sleep(0.2)  # so that its thread waits for room
    await until(lambda: not set(threading.enumerate()) - before)


async def test_a_publish_that_is_cancelled_can_be_repeated(
    hub: KafkaHub, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While too much is under way."""
    full = True

    class Producer:
        def __init__(self, producer: Any) -> None:
            self._producer = producer

        def __getattr__(self, name: str) -> Any:
            return getattr(self._producer, name)

        def produce(self, *arguments: Any, **options: Any) -> None:
            if full:
                raise BufferError
            self._producer.produce(*arguments, **options)

    assert hub._connection is not None
    publisher = hub._connection.publisher
    monkeypatch.setattr(publisher, "_producer", Producer(publisher._producer))
    message = outgoing(topic)
    publishing = asyncio.create_task(hub.publish(message))
    await asyncio.sleep(0.05)
    publishing.cancel()
    await asyncio.gather(publishing, return_exceptions=True)
    full = False
    async with asyncio.timeout(PATIENCE):
        await hub.publish(message)
    [record] = await read_to_end(hub, topic, from_the_beginning(topic))
    assert record.data == message.data


async def test_no_server_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.hub.kafka.connection._SILENCE", 2.0)
    with pytest.raises(Unavailable, match="event hub"):
        await connect_kafka("kafka://127.0.0.1:1", "test")


async def test_idle_readers_cost_little(hub: KafkaHub, topic: Topic) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(20):
            reading = await stack.enter_async_context(Reading(hub, topic))
            await reading.wait_for_end()
        busy = time.process_time()
        await asyncio.sleep(2)
        assert time.process_time() - busy < 0.4


def _consume(servers: dict[str, Any], topic: Topic, count: int) -> list[Any]:
    with Consumer({**servers, "group.id": "others"}) as consumer:
        consumer.assign([TopicPartition(topic.name, p, 0) for p in range(topic.partitions)])
        messages: list[Any] = []
        while len(messages) < count:
            if (message := consumer.poll(PATIENCE)) is not None and not message.error():
                messages.append(message)
    assert all(json.loads(message.value()) for message in messages)
    return messages
