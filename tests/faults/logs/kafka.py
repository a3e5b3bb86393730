"""The log in Kafka."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeAlias

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

from tests.faults import envelopes
from tests.faults.logs.errors import HubError
from tests.faults.logs.handled import HANDLED
from tests.faults.snapshot import Event

_SYSTEM = "shop."
_SECONDS = 10.0

Place: TypeAlias = tuple[str, int, int]
"""Topic, partition and offset."""


class KafkaLog:
    """Implements `Log`."""

    def __init__(self, url: str) -> None:
        self.messages: list[Event] = []
        servers = url.removeprefix("kafka://")
        self._settings = {"bootstrap.servers": servers, "log_level": 0}  # it is killed on purpose
        self._read_to: dict[tuple[str, int], int] = {}
        self._places: dict[str, Place] = {}
        self._producer = Producer({**self._settings, "acks": "all"})

    async def __aenter__(self) -> KafkaLog:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def read(self) -> None:
        """See `Log`."""
        await asyncio.to_thread(self._read)

    async def repeat(self, count: int, choice: random.Random) -> int:
        """See `Log`."""
        with self._consumer() as consumer:
            ends = await asyncio.to_thread(_ends, consumer)
            places = [
                (*partition, choice.randrange(end))
                for partition, end in ends.items()
                if end
                for _ in range(count)
            ]
            choice.shuffle(places)
            for place in places[:count]:
                message = await asyncio.to_thread(_fetch, consumer, place)
                await asyncio.to_thread(self._publish_like, message, message.value() or b"")
        return min(count, len(places))

    async def poison(self, text: str, choice: random.Random) -> None:
        """See `Log`."""
        await self.read()
        chosen = choice.choice([each for each in self.messages if each.type in HANDLED])
        with self._consumer() as consumer:
            message = await asyncio.to_thread(_fetch, consumer, self._places[chosen.id])
            await asyncio.to_thread(self._publish_like, message, text.encode())

    def _read(self) -> None:
        with self._consumer() as consumer:
            ends = {at: end for at, end in _ends(consumer).items() if end > self._at(at)}
            consumer.assign([TopicPartition(*at, self._at(at)) for at in ends])
            while any(self._at(at) < end for at, end in ends.items()):
                if (message := consumer.poll(_SECONDS)) is None:
                    raise HubError("no message came")
                self._add(_sound(message))

    def _add(self, message: Message[bytes, bytes]) -> None:
        place = _place(message)
        topic, partition, offset = place
        self._read_to[topic, partition] = offset + 1
        event = envelopes.parse(message.value() or b"", topic=topic, position=offset)
        if event is not None:
            self._places[event.id] = place
            self.messages.append(event)

    def _at(self, partition: tuple[str, int]) -> int:
        return self._read_to.get(partition, 0)

    def _publish_like(self, message: Message[bytes, bytes], value: bytes) -> None:
        """Publish a message again, or another value in its place."""
        topic, partition, _ = _place(message)
        headers: Any = message.headers()
        self._producer.produce(
            topic, value, message.key(), partition=partition, headers=headers or []
        )
        if self._producer.flush(_SECONDS):
            raise HubError("a message was not published")

    @contextmanager
    def _consumer(self) -> Iterator[Consumer]:
        consumer = Consumer(
            {
                **self._settings,
                "group.id": "faults",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
            }
        )
        try:
            yield consumer
        except KafkaException as error:
            raise HubError(str(error)) from error
        finally:
            consumer.close()


def _ends(consumer: Consumer) -> dict[tuple[str, int], int]:
    """Return the next offset of each partition of the shop."""
    topics = consumer.list_topics(timeout=_SECONDS).topics
    partitions = [
        (name, partition)
        for name, topic in sorted(topics.items())
        if name.startswith(_SYSTEM)
        for partition in topic.partitions
    ]
    return {
        at: consumer.get_watermark_offsets(TopicPartition(*at), timeout=_SECONDS)[1]
        for at in partitions
    }


def _fetch(consumer: Consumer, place: Place) -> Message[bytes, bytes]:
    consumer.assign([TopicPartition(*place)])
    if (message := consumer.poll(_SECONDS)) is None:
        raise HubError(f"no message at {place}")
    return _sound(message)


def _sound(message: Message[bytes, bytes]) -> Message[bytes, bytes]:
    if (error := message.error()) is not None:
        raise KafkaException(error)
    return message


def _place(message: Message[bytes, bytes]) -> Place:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    return topic, partition, offset
