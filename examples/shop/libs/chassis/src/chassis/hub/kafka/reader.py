"""Reading partitions of a topic: a consumer for each reader, in a thread of its own.

A consumer is assigned its partitions by the process that reads, since their owners are known from
leases, and it begins where the store says. So it joins no group, also not one of KIP-848, and
commits nothing: the position of an effect is stored in the transaction of the effect.

librdkafka's client for asyncio takes one message for each call, or waits until a batch is full.
A thread takes what there is.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from chassis.errors import Unavailable
from chassis.hub.kafka.config import HEADROOM, MAX_MESSAGE_BYTES
from chassis.hub.kafka.messages import record_of, type_of
from chassis.hub.port import Record

_BATCH = 256  # messages
_BATCH_BYTES = 1024 * 1024
_AHEAD = 2  # batches that wait for the reader
_POLL = 0.5  # seconds
_SETTINGS = {
    "enable.auto.commit": "false",
    "enable.auto.offset.store": "false",
    "auto.offset.reset": "error",
    "enable.partition.eof": "true",
    "fetch.max.bytes": str(4 * 1024 * 1024),
    "max.partition.fetch.bytes": str(MAX_MESSAGE_BYTES + HEADROOM),
    "queued.max.messages.kbytes": "4096",
    "fetch.queue.backoff.ms": "10",  # by default, a full queue is looked at again after a second
}

_Typed: TypeAlias = "tuple[Message[bytes, bytes], str]"


@dataclass(frozen=True, slots=True)
class _Batch:
    records: tuple[Record, ...]
    at_end: bool


class Reader:
    """Reads until it is closed. It does not recover from anything: then a new one is needed."""

    def __init__(
        self,
        config: Mapping[str, str],
        topic: str,
        starts: Mapping[int, int],
        ends: Mapping[int, int],
        types: frozenset[str] | None,
    ) -> None:
        """Create it; `batches` reads.

        Args:
            config: The settings of clients.
            topic: The topic.
            starts: By partition, the offset to begin with.
            ends: By partition, the offset that the next message will have, as far as is known.
            types: The wanted message types; None for all.
        """
        self.topic = topic
        self._config = {**config, **_SETTINGS, "group.id": config["client.id"]}
        self._next = dict(starts)
        self._ends = {partition: ends[partition] for partition in starts}
        self._types = types
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[_Batch | Exception] = asyncio.Queue()
        self._room = threading.Semaphore(_AHEAD)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"kafka {topic}", daemon=True)

    async def batches(self) -> AsyncGenerator[tuple[Record, ...], None]:
        """See `Hub.read`."""
        if at_end := self._at_end:
            yield ()
        self._thread.start()
        try:
            while True:
                batch = await self._arrived.get()
                if isinstance(batch, Exception):
                    raise batch
                if batch.records:
                    yield batch.records
                    at_end = False
                if batch.at_end and not at_end:
                    at_end = True
                    yield ()
                self._room.release()
        finally:
            self.close()

    def fail(self, error: Exception) -> None:
        """Make `batches` raise an error when it has yielded what has arrived."""
        self._arrived.put_nowait(error)

    def close(self) -> None:
        """Let the thread end, which may take until its next look."""
        self._closed.set()
        self._room.release()

    def join(self) -> None:
        """Wait until the thread has ended."""
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def _at_end(self) -> bool:
        return all(self._next[partition] >= end for partition, end in self._ends.items())

    # What follows runs in the thread.

    def _run(self) -> None:
        try:
            with Consumer(self._config) as consumer:
                assigned = [TopicPartition(self.topic, *at) for at in self._next.items()]
                consumer.assign(assigned)
                while not self._closed.is_set():
                    if (first := consumer.poll(_POLL)) is not None:
                        messages = [first, *consumer.consume(_BATCH - 1, 0)]
                        self._take(messages, consumer, assigned)
        except Exception as error:  # whoever waits for a batch must know
            self._hand_over(Unavailable(f"event hub: {error!s} ({type(error).__name__})"))

    def _take(
        self,
        messages: list[Message[bytes, bytes]],
        consumer: Consumer,
        assigned: list[TopicPartition],
    ) -> None:
        wanted = list(self._wanted(messages))
        for each in assigned:
            _, end = consumer.get_watermark_offsets(each, cached=True)
            self._ends[each.partition] = max(self._ends[each.partition], end)
        left = sum(max(0, end - self._next[p]) for p, end in self._ends.items())
        batches = list(_batches(wanted, left))
        for batch in batches[:-1]:
            self._hand_over(_Batch(batch, at_end=False))
        self._hand_over(_Batch(batches[-1], at_end=self._at_end))

    def _wanted(self, messages: list[Message[bytes, bytes]]) -> Iterator[_Typed]:
        for message in messages:
            partition, offset, error = message.partition(), message.offset(), message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            assert partition is not None
            assert offset is not None
            if error is not None:
                self._next[partition] = max(self._next[partition], offset)
                continue
            self._next[partition] = offset + 1
            type = type_of(message)
            if self._types is None or type in self._types:
                yield message, type

    def _hand_over(self, batch: _Batch | Exception) -> None:
        self._room.acquire()
        if self._closed.is_set():
            self._room.release()  # so that nothing waits for room any more
            return
        with suppress(RuntimeError):  # the event loop is closed
            self._loop.call_soon_threadsafe(self._arrived.put_nowait, batch)


def _batches(messages: list[_Typed], left: int) -> Iterator[tuple[Record, ...]]:
    """Divide messages into batches of a bounded size; the last one may be empty."""
    batch: list[Record] = []
    size = 0
    for number, (message, type) in enumerate(messages, 1):
        record = record_of(message, type, pending=len(messages) - number + left)
        batch.append(record)
        size += len(record.data)
        if size >= _BATCH_BYTES:
            yield tuple(batch)
            batch, size = [], 0
    yield tuple(batch)
