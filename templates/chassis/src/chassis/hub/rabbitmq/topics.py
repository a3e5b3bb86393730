"""Topics on RabbitMQ: their creation, description, offsets and removal.

A topic is an exchange, a stream for each partition, and one more stream with its description: its
incarnation and number of partitions, which AMQP tells of no queue. The description is written last
and removed before a lost stream is replaced, so what it says of the streams holds.

The first message of each stream is one of this adapter. So a stream is never empty, and its offsets
can be positions, of which 0 is before all messages.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from uuid import uuid4

import structlog
from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractQueue
from aio_pika.exceptions import AMQPError, ChannelNotFoundEntity
from aiormq.abc import FieldTable
from aiormq.exceptions import ChannelAccessRefused, ChannelLockedResource

from chassis.errors import Unavailable
from chassis.hub.port import SLOTS, Topic
from chassis.hub.rabbitmq.consumer import consuming
from chassis.hub.rabbitmq.messages import control_message
from chassis.hub.rabbitmq.names import DESCRIPTION, lock_name, stream_name
from chassis.hub.requests import TIMEOUT, NoTopic

SEGMENT_BYTES = 64 * 1024 * 1024
"""The size of the files of a stream: only a whole one is removed when it has expired."""

_KIND: FieldTable = {"x-queue-type": "stream", "x-queue-leader-locator": "balanced"}
_PATIENCE = 120.0  # seconds: many processes start at once, on a server that starts, too
_PAUSE = 0.1
_WRITING = 5.0  # seconds until a description is there whose stream was created
_MANY = 4096

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Description:
    """What a topic was created with.

    Attributes:
        incarnation: What identifies it among all that had or will have its name.
        partitions: The number of partitions.
        retention: How long messages are kept, in seconds.
    """

    incarnation: str
    partitions: int
    retention: int


class Topics:
    """The topics of a virtual host."""

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._ensuring = asyncio.Lock()

    async def declare(self, topic: Topic) -> Description:
        """Create a topic if it is not there, as soon as the server can."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    return await self.ensure(topic)
                except ChannelAccessRefused:
                    raise
                except (AMQPError, Unavailable, TimeoutError) as error:
                    if self._connection.is_closed:
                        raise
                    _log.warning("event hub is slow", topic=topic.name, error=repr(error))
                    await asyncio.sleep(_PAUSE)

    async def ensure(self, topic: Topic) -> Description:
        """Create a topic, or what is missing of it."""
        try:
            return await self._complete(topic.name)
        except NoTopic:
            pass
        async with self._ensuring, self._locked(topic.name):
            try:
                return await self._complete(topic.name)  # another process was faster
            except NoTopic:
                return await self._create(topic)

    async def describe(self, name: str) -> Description:
        """Return the description of a topic.

        Raises:
            NoTopic: There is no topic of this name, or not yet.
        """
        async with (
            _known(name),
            consuming(self._connection, name, {DESCRIPTION: "first"}) as consumer,
        ):
            try:
                async with asyncio.timeout(_WRITING):
                    await consumer.wait()
            except TimeoutError:
                raise NoTopic(f"event hub: {name} has no description yet") from None
            [delivery] = consumer.take(1, 1)
            return Description(**json.loads(delivery.message.body))

    async def first_offsets(self, name: str, partitions: Iterable[int]) -> dict[int, int]:
        """Return the offset of the first message that is still there, by partition."""
        starts = dict.fromkeys(partitions, "first")
        first: dict[int, int] = {}
        async with _known(name), consuming(self._connection, name, starts) as consumer:
            while len(first) < len(starts):
                await consumer.wait()
                for delivery in consumer.take(_MANY, SEGMENT_BYTES):
                    first.setdefault(delivery.partition, delivery.offset)
        return first

    async def last_offsets(self, name: str, partitions: Iterable[int]) -> dict[int, int]:
        """Return the offset of the last message, by partition."""
        starts = dict.fromkeys(partitions, "last")
        last: dict[int, int] = {}
        async with _known(name), consuming(self._connection, name, starts) as consumer:
            complete = not starts
            while not complete:
                if consumer.is_waiting:
                    await consumer.wait()
                complete = await consumer.has_all()
                for delivery in consumer.take(_MANY, SEGMENT_BYTES):
                    last[delivery.partition] = delivery.offset
        return last

    async def check(self, topic: Topic) -> None:
        """Check that the streams of a topic can be used, if it is there.

        A server that starts accepts connections before that, and answers what is published never.

        Raises:
            Unavailable: They cannot be used yet.
        """
        with suppress(NoTopic, TimeoutError):
            async with asyncio.timeout(_WRITING):
                await self.first_offsets(topic.name, (*range(topic.partitions), DESCRIPTION))

    async def delete(self, name: str) -> None:
        """Delete a topic, if it is there, with as many partitions as it may have."""
        async with _known(name), self._channel() as channel:
            for partition in (*range(SLOTS), DESCRIPTION):
                await channel.queue_delete(stream_name(name, partition))
            await channel.exchange_delete(name)

    async def _complete(self, name: str) -> Description:
        """Return the description of a topic of which nothing is missing."""
        found = await self.describe(name)
        async with _known(name), self._channel() as channel:
            for partition in range(found.partitions):
                await channel.declare_queue(stream_name(name, partition), passive=True)
            await channel.declare_exchange(name, passive=True)
        return found

    async def _create(self, topic: Topic) -> Description:
        with suppress(NoTopic):  # what is left of it keeps its order
            topic = replace(topic, partitions=(await self.describe(topic.name)).partitions)
        name, retention = topic.name, int(topic.retention.total_seconds())
        limits: FieldTable = {
            "x-max-age": f"{retention}s",
            "x-stream-max-segment-size-bytes": SEGMENT_BYTES,
        }
        async with self._channel() as channel:
            await channel.queue_delete(stream_name(name, DESCRIPTION))
            exchange = await channel.declare_exchange(
                name, ExchangeType.DIRECT, durable=True, arguments={"x-super-stream": True}
            )
            for partition in range(topic.partitions):
                stream = await self._stream(channel, stream_name(name, partition), limits)
                order: FieldTable = {"x-stream-partition-order": partition}
                await stream.bind(exchange, str(partition), arguments=order)
                await exchange.publish(control_message(), str(partition))
            created = Description(uuid4().hex, topic.partitions, retention)
            stream = await self._stream(channel, stream_name(name, DESCRIPTION), {})
            body = json.dumps(asdict(created)).encode()
            await channel.default_exchange.publish(control_message(body), stream.name)
        return created

    async def _stream(
        self, channel: AbstractChannel, name: str, limits: FieldTable
    ) -> AbstractQueue:
        """Create a stream; one that is there is left as it is, since nothing can change it."""
        try:
            async with self._channel() as looking:
                await looking.declare_queue(name, passive=True)
        except ChannelNotFoundEntity:
            await channel.declare_queue(name, durable=True, arguments={**_KIND, **limits})
        return await channel.get_queue(name, ensure=False)

    @asynccontextmanager
    async def _locked(self, name: str) -> AsyncGenerator[None, None]:
        """Let no other process create the topic: an exclusive queue has one owner at a time.

        It is deleted with the connection of its owner, should that process be killed.
        """
        async with asyncio.timeout(_PATIENCE):
            while not await self._try_lock(name):  # noqa: ASYNC110 - its owner tells nobody
                await asyncio.sleep(_PAUSE)
        try:
            yield
        finally:
            async with self._channel() as channel:
                await channel.queue_delete(lock_name(name))

    async def _try_lock(self, name: str) -> bool:
        try:
            async with self._channel() as channel:
                await channel.declare_queue(lock_name(name), exclusive=True)
        except ChannelLockedResource:
            return False
        return True

    @asynccontextmanager
    async def _channel(self) -> AsyncGenerator[AbstractChannel, None]:
        async with asyncio.timeout(TIMEOUT), self._connection.channel(on_return_raises=True) as it:
            yield it


@asynccontextmanager
async def _known(name: str) -> AsyncGenerator[None, None]:
    """Raise `NoTopic` in this block if the server does not know a queue or an exchange.

    While a server starts, it may also answer that a queue is not found because its node is down.
    """
    try:
        async with asyncio.timeout(TIMEOUT):
            yield
    except ChannelNotFoundEntity as error:
        kind = NoTopic if " - no " in str(error) else Unavailable
        raise kind(f"event hub: {name}: {error}") from error
