"""A consumer of streams: what lies in them, from any offset on, in order.

A consumer of AMQP is not told where a stream ends. But RabbitMQ answers an acknowledgement with all
that there is, as far as it may send it, before it looks at the next request of this channel. So
whatever was stored before an acknowledgement has arrived when a later request is answered. For this
reason a stream is never empty here (see `chassis.hub.rabbitmq.topics`), and is read from a message
on that is there: there is always something to acknowledge.

aio-pika hands a delivery to a task of a task, which may run after the answer to a later request. So
this uses the channel below, which hands it to one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPError
from aiormq.abc import AbstractChannel, DeliveredMessage

from chassis.errors import Unavailable
from chassis.hub.rabbitmq.names import stream_name

_AHEAD = 256  # messages that the server sends before they are acknowledged, of all streams
_LEAST_AHEAD = 8
_CLOSE_TIMEOUT = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message of a partition, at its offset in the stream."""

    partition: int
    offset: int
    message: DeliveredMessage


class Consumer:
    """Consumes the streams of some partitions of a topic."""

    def __init__(self, channel: AbstractChannel, partitions: Iterable[int]) -> None:
        """Create it; `consuming` opens one.

        Args:
            channel: A channel of its own.
            partitions: The partitions.
        """
        self._channel = channel
        self._silent = set(partitions)
        self._ahead = max(_LEAST_AHEAD, _AHEAD // max(1, len(self._silent)))
        self._arrived: deque[Delivery] = deque()
        self._changed = asyncio.Event()
        self._error: Unavailable | None = None
        self._taken = 0  # the tag of the last delivery that was taken
        self._acknowledged = 0

    async def start(self, topic: str, starts: Mapping[int, int | str]) -> None:
        """Consume each partition from its offset on, or from "first", "last" or "next" on."""
        self._channel.on_consumer_cancel_callbacks.add(self._on_cancelled)
        self._channel.closing.add_done_callback(self._on_closed)
        await self._channel.basic_qos(prefetch_count=self._ahead)
        for partition, start in starts.items():
            await self._channel.basic_consume(
                stream_name(topic, partition),
                partial(self._on_delivery, partition),
                arguments={"x-stream-offset": start},
            )

    @property
    def has_arrived(self) -> bool:
        """Whether there is something to take."""
        return bool(self._arrived)

    @property
    def is_waiting(self) -> bool:
        """Whether there are streams of which nothing has arrived."""
        return bool(self._silent)

    async def wait(self) -> None:
        """Acknowledge what was taken, and wait until there is something to take.

        Raises:
            Unavailable: The connection or a stream was lost.
        """
        await self._acknowledge()
        while not self._arrived:
            if self._error is not None:
                raise self._error
            self._changed.clear()
            await self._changed.wait()

    def take(self, count: int, size: int) -> list[Delivery]:
        """Return what has arrived, at most `count` messages or little more than `size` bytes."""
        taken: list[Delivery] = []
        while self._arrived and len(taken) < count and size > 0:
            taken.append(self._arrived.popleft())
            size -= len(taken[-1].message.body)
        if taken:
            self._taken = taken[-1].message.delivery_tag or 0
        return taken

    async def has_all(self) -> bool:
        """Acknowledge what was taken, and return whether all that there was by now has arrived."""
        if self.is_waiting:
            return False
        await self._acknowledge()
        await _completed(self._channel.basic_qos(prefetch_count=self._ahead))
        return len(self._arrived) < self._ahead

    def fail(self, error: Unavailable) -> None:
        """Make `wait` raise an error when all that has arrived was taken."""
        self._error = self._error or error
        self._changed.set()

    async def _acknowledge(self) -> None:
        if self._taken > self._acknowledged and self._error is None:
            self._acknowledged = self._taken
            await self._channel.basic_ack(self._taken, multiple=True, wait=False)

    async def _on_delivery(self, partition: int, message: DeliveredMessage) -> None:
        offset = (message.header.properties.headers or {})["x-stream-offset"]
        assert isinstance(offset, int)
        self._silent.discard(partition)
        self._arrived.append(Delivery(partition, offset, message))
        self._changed.set()

    def _on_cancelled(self, _: object) -> None:
        self.fail(Unavailable("event hub: a stream was deleted"))

    def _on_closed(self, closing: asyncio.Future[object]) -> None:
        reason = None if closing.cancelled() else closing.exception()
        self.fail(Unavailable(f"event hub: the channel was closed: {reason!r}"))


@asynccontextmanager
async def consuming(
    connection: AbstractConnection, topic: str, starts: Mapping[int, int | str]
) -> AsyncGenerator[Consumer, None]:
    """Consume partitions of a topic in this block; see `Consumer.start`."""
    channel = connection.channel(publisher_confirms=False)
    try:
        await _completed(channel.initialize())
        consumer = Consumer(await channel.get_underlay_channel(), starts)
        await _completed(consumer.start(topic, starts))
        yield consumer
    finally:
        if channel.is_initialized:
            with suppress(AMQPError, OSError, RuntimeError, TimeoutError, Unavailable):
                async with asyncio.timeout(_CLOSE_TIMEOUT):  # the server may be silent
                    await _completed(channel.close())


async def _completed(request: Awaitable[object]) -> None:
    """Wait until a request is answered, also if this task is cancelled.

    A request that is cancelled ends its channel. The client (aiormq 7.2) would read nothing more of
    the whole connection if messages came for that channel, until it takes the connection for lost.
    """
    task = asyncio.ensure_future(request)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        if task.cancelled():  # the client does that to requests on a connection that is silent
            raise Unavailable("event hub: the connection was closed") from None
        await asyncio.wait([task], timeout=_CLOSE_TIMEOUT)
        if task.done() and not task.cancelled():
            task.exception()  # nobody waits for it any more
        raise
