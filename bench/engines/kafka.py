"""Bare confluent-kafka: an idempotent producer with `acks=all`, and the consumer for asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from chassis.envelope import Outgoing
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.aio import AIOConsumer

from bench.engines.work import MESSAGES, PARTITIONS

_FIRST = 0  # the offset
_BATCH = 500
_TYPE = "ce_type"


async def publish(url: str, topic: str, outgoing: Sequence[Outgoing]) -> float:
    """Publish, and return the messages a second."""
    return await asyncio.to_thread(_publish, url, topic, outgoing)


async def read(url: str, topic: str) -> float:
    """Read from the beginning to the end, and return the messages a second."""
    consumer = AIOConsumer(
        {
            "bootstrap.servers": _servers(url),
            "group.id": "bench",
            "enable.auto.commit": False,
        }
    )
    begin, seen = time.perf_counter(), 0
    partitions = [TopicPartition(topic, number, _FIRST) for number in range(PARTITIONS)]
    await consumer.assign(partitions)
    while seen < MESSAGES:
        for message in await consumer.consume(_BATCH, 1):
            assert message.error() is None
            types = dict(message.headers() or ())
            seen += bool(message.value() and types[_TYPE] and message.timestamp())
    spent = time.perf_counter() - begin
    await consumer.close()
    return MESSAGES / spent


def _publish(url: str, topic: str, outgoing: Sequence[Outgoing]) -> float:
    admin = AdminClient({"bootstrap.servers": _servers(url)})
    admin.create_topics([NewTopic(topic, PARTITIONS)])[topic].result()
    producer = Producer(
        {
            "bootstrap.servers": _servers(url),
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 1,
        }
    )
    begin = time.perf_counter()
    for message in outgoing:
        headers: list[tuple[str, str | bytes | None]] = [
            ("ce_id", message.id.encode()),
            (_TYPE, message.type.encode()),
        ]
        producer.produce(topic, message.data, message.subject, headers=headers)
        producer.poll(0)
    assert producer.flush(60) == 0
    return MESSAGES / (time.perf_counter() - begin)


def _servers(url: str) -> str:
    return url.removeprefix("kafka://")
