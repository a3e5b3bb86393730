"""The hub on Apache Kafka.

A topic of the hub is a topic of Kafka, with the number of partitions that was declared when it was
created. Kafka cannot reduce that number; and if it grew, the messages of a subject would be in two
partitions, without an order. So the number stays, whatever is declared later: `partitions` says
what it is, and units share those. A position is the offset of the next message.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import replace

import structlog
from confluent_kafka import KafkaException

from chassis.envelope import Outgoing
from chassis.errors import TooLarge, Unavailable
from chassis.hub.kafka.config import MAX_MESSAGE_BYTES, client_config
from chassis.hub.kafka.connection import Connection
from chassis.hub.port import Backlog, Record, Topic
from chassis.hub.requests import NoTopic
from chassis.tasks import end

_RECONNECT_WAIT, _LONGEST_WAIT = 0.2, 3.0  # seconds

_log = structlog.get_logger()


async def connect_kafka(url: str, name: str) -> KafkaHub:
    """Connect to Kafka.

    Args:
        url: The URL of the brokers; see `client_config`.
        name: The name of this client.

    Raises:
        Unavailable: There are no brokers at `url`.
    """
    hub = KafkaHub(client_config(url, name))
    await hub.connect()
    return hub


class KafkaHub:
    """Implements `chassis.hub.port.Hub`."""

    system = "kafka"
    max_message_bytes = MAX_MESSAGE_BYTES

    def __init__(self, config: Mapping[str, str]) -> None:
        self._config = config
        self._topics: dict[str, Topic] = {}
        self._connection: Connection | None = None
        self._watching: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Connect, and reconnect whenever no broker can be reached."""
        self._connection = await self._open()
        self._watching = asyncio.create_task(self._watch(), name="event hub")

    async def declare(self, topic: Topic) -> None:
        """See `Hub`."""
        with _translating():
            found = await self._connected().topics.declare(topic)
        if found.partitions != topic.partitions:
            _log.warning(
                "a topic keeps its partitions, since messages would lose their order",
                topic=topic.name,
                partitions=found.partitions,
                declared=topic.partitions,
            )
        self._topics[topic.name] = replace(topic, partitions=found.partitions)

    def partitions(self, topic: str) -> int:
        """See `Hub`."""
        return self._topics[topic].partitions

    async def incarnation(self, topic: str) -> str:
        """See `Hub`."""
        async with self._using(topic) as connection:
            return (await connection.topics.describe(topic)).id

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
            partitions = range((await connection.topics.describe(topic)).partitions)
            earliest = await connection.topics.first_offsets(topic, partitions)
            return not any(earliest.values())

    async def delete(self, topic: str) -> None:
        """See `Hub`."""
        async with self._using(topic) as connection:
            await connection.topics.delete(topic)

    async def end(self, topic: str) -> Mapping[int, int]:
        """See `Hub`."""
        async with self._using(topic) as connection:
            partitions = range(self.partitions(topic))
            return await connection.topics.next_offsets(topic, partitions)

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
        """Notice that the brokers are gone, and connect again when they are back."""
        while self._connection is not None:
            reason = await self._connection.watch()
            _log.warning("event hub disconnected", reason=reason)
            await self._connection.close()
            self._connection = await self._reopen()
            _log.info("event hub reconnected")

    async def _reopen(self) -> Connection:
        """Connect again, less and less often: all processes of a system do it at the same time."""
        wait = _RECONNECT_WAIT
        while True:
            await asyncio.sleep(random.uniform(wait / 2, wait))
            wait = min(2 * wait, _LONGEST_WAIT)
            with suppress(Unavailable):
                return await self._open()

    async def _open(self) -> Connection:
        connection = Connection(self._config)
        try:
            with _translating():
                await connection.look()
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
            with _translating():
                yield connection
        except NoTopic:
            await self._restore(connection, topic)
            raise

    async def _restore(self, connection: Connection, name: str) -> None:
        topic = self._topics.get(name)
        if topic is not None and not topic.temporary:
            with _translating():
                await connection.topics.ensure(topic)


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except (KafkaException, TimeoutError) as error:
        raise Unavailable(f"event hub: {error!s} ({type(error).__name__})") from error
