"""The connections to a server: all that one process has under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from functools import partial

import aio_pika
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPError

from chassis.errors import Unavailable
from chassis.hub.port import Backlog, Record
from chassis.hub.rabbitmq.consumer import Consumer, consuming
from chassis.hub.rabbitmq.publisher import Publisher
from chassis.hub.rabbitmq.reader import Reader
from chassis.hub.rabbitmq.topics import Topics

_CONNECT_TIMEOUT = 10.0  # seconds
_CLOSE_TIMEOUT = 2.0


class Connection:
    """A connection that reads, and one that publishes. If one is lost, both are closed.

    Attributes:
        lost: Why the server cannot be reached; None while it can.
        topics: The topics.
        publisher: Publishes messages.
    """

    def __init__(self, reading: AbstractConnection, publishing: AbstractConnection) -> None:
        self.lost: str | None = None
        self._reading = reading
        self._publishing = publishing
        self._changed = asyncio.Event()
        self._consumers: set[Consumer] = set()
        self.topics = Topics(reading)
        self.publisher = Publisher(publishing)
        for each in (reading, publishing):
            each.close_callbacks.add(self._on_closed)

    @classmethod
    async def open(cls, url: str) -> Connection:
        """Connect to a server."""
        reading = await aio_pika.connect(url, timeout=_CONNECT_TIMEOUT)
        try:
            publishing = await aio_pika.connect(url, timeout=_CONNECT_TIMEOUT)
        except BaseException:
            await reading.close()
            raise
        return cls(reading, publishing)

    async def until_lost(self) -> str:
        """Wait until the server cannot be reached; return why."""
        await self._changed.wait()
        return self.lost or ""

    async def read(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None
    ) -> AsyncGenerator[tuple[Record, ...], None]:
        """See `Hub.read`."""
        await self._ends_beyond(topic, after)
        async with aclosing(self._read(topic, after, types)) as batches:
            async for batch in batches:
                yield batch

    async def backlog(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None
    ) -> Backlog:
        """See `Hub.backlog`. The messages of some types are read, to be counted.

        Those of all types are counted by offsets, of which a stream has some of its own: one or two
        for each of its segments.
        """
        ends = await self._ends_beyond(topic, after)
        behind = {p: position for p, position in after.items() if position < ends[p]}
        oldest: dict[int, Record] = {}
        count = 0
        if behind:
            async with aclosing(self._read(topic, behind, types)) as batches:
                async for batch in batches:
                    for record in batch:
                        if record.position <= ends[record.partition]:
                            count += 1
                            oldest.setdefault(record.partition, record)
                    if not batch or (types is None and oldest.keys() == behind.keys()):
                        break
        if types is None:
            count = sum(ends[p] - record.position + 1 for p, record in oldest.items())
        return Backlog(
            count=count, oldest=min((record.time for record in oldest.values()), default=None)
        )

    def lose(self, reason: str) -> None:
        """Make all that is under way fail, since the server cannot be reached."""
        if self.lost is not None:
            return
        self.lost = reason
        self._changed.set()
        for consumer in self._consumers:
            consumer.fail(Unavailable(f"event hub: {reason}"))

    async def close(self) -> None:
        """End all that is under way. The server need not be there."""
        await self.publisher.close()
        for each in (self._reading, self._publishing):
            with suppress(AMQPError, OSError, RuntimeError, TimeoutError):
                async with asyncio.timeout(_CLOSE_TIMEOUT):
                    await each.close()

    async def _ends_beyond(self, topic: str, after: Mapping[int, int]) -> dict[int, int]:
        """Return the position of the last message, by partition.

        Raises:
            Unavailable: The topic has not reached `after`, so that messages would be missed.
        """
        ends = await self.topics.last_offsets(topic, after)
        for partition, position in after.items():
            if position > ends[partition]:
                raise Unavailable(
                    f"{topic} ends at {ends[partition]}, but {position} was read: "
                    "is this another event hub, or was an older state of it restored?"
                )
        return ends

    async def _read(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None
    ) -> AsyncGenerator[tuple[Record, ...], None]:
        reader = Reader(after, types, partial(self.topics.last_offsets, topic, tuple(after)))
        async with consuming(self._reading, topic, after) as consumer:
            self._consumers.add(consumer)
            try:
                async with aclosing(reader.batches(consumer)) as batches:
                    async for batch in batches:
                        yield batch
            finally:
                self._consumers.discard(consumer)

    def _on_closed(self, _: object, error: BaseException | None) -> None:
        self.lose(f"the connection was closed: {error!r}")
