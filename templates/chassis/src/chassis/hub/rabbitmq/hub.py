"""The hub on RabbitMQ.

A topic of the hub is a super stream: an exchange, and a stream for each partition. Streams, since
units read a topic from any position on and again and again, which quorum queues cannot do: those
hand each message to one consumer and forget it. Nothing here is worked on once, also not a dead
letter, which a unit keeps in its store; so there is no quorum queue, and no group of consumers,
since the processes of a unit share the partitions by leases.

AMQP 0.9.1 does not tell where a stream begins or ends, but the way in which it delivers does (see
`chassis.hub.rabbitmq.consumer`). The stream protocol does, from RabbitMQ 3.11 on; it needs a plugin
and another port. The messages are routed by the number of their partition. A consistent hash in the
server would be another one than that of the units.

The partitions of a topic are fixed at its creation, as they are on Kafka, and so is its retention:
AMQP cannot change the arguments of a queue. A position is the offset in the stream.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import replace

import structlog
from aio_pika.exceptions import AMQPError

from chassis.envelope import Outgoing
from chassis.errors import TooLarge, Unavailable
from chassis.hub.port import Backlog, Record, Topic
from chassis.hub.rabbitmq.config import MAX_MESSAGE_BYTES, server_urls
from chassis.hub.rabbitmq.connection import Connection
from chassis.hub.rabbitmq.topics import Description
from chassis.hub.requests import NoTopic
from chassis.tasks import end

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 2.0  # seconds between two attempts to connect again

_log = structlog.get_logger()


async def connect_rabbitmq(url: str, name: str) -> RabbitHub:
    """Connect to RabbitMQ.

    Args:
        url: The URL of the servers; see `server_urls`.
        name: The name of this client.

    Raises:
        Unavailable: There is no server at `url`.
    """
    hub = RabbitHub(server_urls(url, name))
    await hub.connect()
    return hub


class RabbitHub:
    """Implements `chassis.hub.port.Hub`."""

    system = "rabbitmq"
    max_message_bytes = MAX_MESSAGE_BYTES

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._topics: dict[str, Topic] = {}
        self._connection: Connection | None = None
        self._watching: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Connect, and reconnect whenever the server cannot be reached."""
        self._connection = await self._open()
        self._watching = asyncio.create_task(self._watch(), name="event hub")

    async def declare(self, topic: Topic) -> None:
        """See `Hub`."""
        with translating():
            found = await self._connected().topics.declare(topic)
        _warn_of_differences(topic, found)
        self._topics[topic.name] = replace(topic, partitions=found.partitions)

    def partitions(self, topic: str) -> int:
        """See `Hub`."""
        return self._topics[topic].partitions

    async def incarnation(self, topic: str) -> str:
        """See `Hub`."""
        async with self._using(topic) as connection:
            return (await connection.topics.describe(topic)).incarnation

    async def publish(self, message: Outgoing, *, again: bool = False) -> None:
        """See `Hub`."""
        if len(message.data) > self.max_message_bytes:
            raise TooLarge(message.type, len(message.data), self.max_message_bytes)
        partition = self._topics[message.topic].partition_of(message.subject)
        async with self._using(message.topic) as connection:
            await connection.publisher.publish(message, partition, again=again)

    async def read(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None = None
    ) -> AsyncGenerator[tuple[Record, ...], None]:
        """See `Hub`."""
        async with (
            self._using(topic) as connection,
            aclosing(connection.read(topic, after, types)) as batches,
        ):
            async for batch in batches:
                yield batch

    async def is_complete(self, topic: str) -> bool:
        """See `Hub`."""
        async with self._using(topic) as connection:
            first = await connection.topics.first_offsets(topic, range(self.partitions(topic)))
            return not any(first.values())

    async def delete(self, topic: str) -> None:
        """See `Hub`."""
        async with self._using(topic) as connection:
            await connection.topics.delete(topic)

    async def end(self, topic: str) -> Mapping[int, int]:
        """See `Hub`."""
        async with self._using(topic) as connection:
            return await connection.topics.last_offsets(topic, range(self.partitions(topic)))

    async def backlog(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None = None
    ) -> Backlog:
        """See `Hub`."""
        async with self._using(topic) as connection:
            return await connection.backlog(topic, after, types)

    def status(self) -> str:
        """See `Hub`."""
        connected = self._connection is not None and self._connection.lost is None
        return "ok" if connected else "not connected to the event hub"

    async def close(self) -> None:
        """See `Hub`."""
        if self._watching is not None:
            await end((self._watching,))
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.lose("the connection was closed")
            await connection.close()

    async def _watch(self) -> None:
        """Notice that the server is gone, and connect again when it is back."""
        while self._connection is not None:
            reason = await self._connection.until_lost()
            _log.warning("event hub disconnected", reason=reason)
            await self._connection.close()
            self._connection = await self._reopen()
            _log.info("event hub reconnected")

    async def _reopen(self) -> Connection:
        wait = _FIRST_WAIT
        while True:
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # not all processes at once
            with suppress(Unavailable):
                return await self._open()
            wait = min(2 * wait, _LONGEST_WAIT)

    async def _open(self) -> Connection:
        """Connect to the first server that is there."""
        errors: list[str] = []
        for url in self._urls:
            try:
                with translating():
                    return await self._connect(url)
            except Unavailable as error:
                errors.append(str(error))
        raise Unavailable("; ".join(errors))

    async def _connect(self, url: str) -> Connection:
        connection = await Connection.open(url)
        try:
            for topic in self._topics.values():
                await connection.topics.check(topic)
        except BaseException:
            await connection.close()
            raise
        return connection

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.lost is not None:
            raise Unavailable("not connected to the event hub")
        return self._connection

    @asynccontextmanager
    async def _using(self, topic: str) -> AsyncGenerator[Connection, None]:
        """Raise `Unavailable` for errors in this block; a topic that was lost is created again."""
        connection = self._connected()
        try:
            with translating():
                yield connection
        except NoTopic:
            await self._restore(connection, topic)
            raise

    async def _restore(self, connection: Connection, name: str) -> None:
        topic = self._topics.get(name)
        if topic is not None and not topic.temporary:
            with translating():
                await connection.topics.ensure(topic)


def _warn_of_differences(topic: Topic, found: Description) -> None:
    retention = int(topic.retention.total_seconds())
    if (found.partitions, found.retention) != (topic.partitions, retention):
        _log.warning(
            "a topic keeps the partitions and the retention that it was created with",
            topic=topic.name,
            partitions=found.partitions,
            retention_seconds=found.retention,
            declared_partitions=topic.partitions,
            declared_retention_seconds=retention,
        )


@contextmanager
def translating() -> Iterator[None]:
    """Raise `Unavailable` for the errors of the client in this block."""
    try:
        yield
    except (AMQPError, OSError, RuntimeError, TimeoutError) as error:
        # The client raises `RuntimeError` if a connection or a channel has just been closed.
        raise Unavailable(f"event hub: {error!s} ({type(error).__name__})") from error
    except asyncio.CancelledError:
        # The client cancels the requests on a connection that is silent, too.
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise
        raise Unavailable("event hub: the connection was closed") from None
    except Exception as error:
        if type(error) is not Exception:
            raise
        # The client raises this for requests that it ends because the connection is lost.
        raise Unavailable("event hub: the connection was closed") from error
