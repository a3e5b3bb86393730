"""A connection to the brokers of a cluster: all that one process has under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from chassis.errors import Unavailable
from chassis.hub.kafka.publisher import Publisher
from chassis.hub.kafka.reader import Reader
from chassis.hub.kafka.topics import Topics
from chassis.hub.port import Backlog, Record
from chassis.hub.requests import NoTopic, Requests

_LOOK = 1.0  # seconds between two looks at the brokers
_SILENCE = 10.0  # seconds; then the brokers are gone


@dataclass(frozen=True, slots=True)
class _Range:
    """A part of a topic: by partition, the offset of its first message and that after its last."""

    topic: str
    id: str
    starts: Mapping[int, int]
    ends: Mapping[int, int]


class Connection:
    """It ends when no broker can be reached; then a new one is needed.

    Attributes:
        lost: Why no broker can be reached; None while one can.
        topics: The topics of the cluster.
        publisher: Publishes messages.
    """

    def __init__(self, config: Mapping[str, str]) -> None:
        """Create it; `look` says whether the brokers are there.

        Args:
            config: The settings of clients.
        """
        self.lost: str | None = None
        self._config = config
        self._admin = AdminClient({**config})
        self._requests = Requests()
        self._readers: dict[Reader, str] = {}
        self._changed = asyncio.Event()
        self.topics = Topics(self._admin, self._requests)
        self.publisher = Publisher(config, self.lose)

    async def watch(self) -> str:
        """Look at the brokers again and again, until they cannot be reached; return why."""
        while self.lost is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    await self._changed.wait()
            try:
                await self.look()
            except (KafkaException, TimeoutError) as error:
                self.lose(f"no answer: {error!r}")
        return self.lost

    async def look(self) -> None:
        """Ask the brokers whether they are there, and whether the topics that are read still are.

        librdkafka goes on in a topic that is created again as if it was the same.
        """
        names = {reader.topic for reader in self._readers}
        async with self._requests.guard(), asyncio.timeout(_SILENCE):
            if not names:
                await asyncio.wrap_future(self._admin.describe_cluster())
                return
            found = await self.topics.describe_all(names)
        for reader, id in self._readers.items():
            topic = found.get(reader.topic)
            if topic is None:
                reader.fail(NoTopic(f"event hub: there is no topic {reader.topic} any more"))
            elif topic.id != id:
                reader.fail(Unavailable(f"event hub: {reader.topic} was created again"))

    async def read(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None
    ) -> AsyncGenerator[tuple[Record, ...], None]:
        """See `Hub.read`."""
        async with aclosing(self._read(await self._range(topic, after), types)) as batches:
            async for batch in batches:
                yield batch

    async def backlog(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None
    ) -> Backlog:
        """See `Hub.backlog`. Kafka cannot count the messages of some types: they are read."""
        whole = await self._range(topic, after)
        starts = {p: start for p, start in whole.starts.items() if start < whole.ends[p]}
        behind = _Range(topic, whole.id, starts, whole.ends)
        count, oldest = 0, dict[int, Record]()
        async with aclosing(self._read(behind, types)) as batches:
            async for batch in batches:
                for record in batch:
                    if record.position <= behind.ends[record.partition]:
                        count += 1
                        oldest.setdefault(record.partition, record)
                if not batch or (types is None and oldest.keys() == starts.keys()):
                    break
        if types is None:
            count = sum(behind.ends[p] - start for p, start in starts.items())
        return Backlog(
            count=count, oldest=min((record.time for record in oldest.values()), default=None)
        )

    def lose(self, reason: str) -> None:
        """Make all that is under way fail, since no broker can be reached."""
        if self.lost is not None:
            return
        self.lost = reason
        self._changed.set()
        self._requests.fail()
        self.publisher.fail(reason)
        for reader in self._readers:
            reader.fail(Unavailable(f"event hub: {reason}"))

    async def close(self) -> None:
        """End all that is under way. The brokers need not be there."""
        readers = tuple(self._readers)
        for reader in readers:
            reader.close()
        await self.publisher.close()
        for reader in readers:
            await asyncio.to_thread(reader.join)

    async def _range(self, topic: str, after: Mapping[int, int]) -> _Range:
        """Return what is behind some positions.

        Raises:
            Unavailable: The topic has not reached them, so that messages would be missed.
        """
        async with self._requests.guard():
            id = (await self.topics.describe(topic)).id
        first = await self.topics.first_offsets(topic, after)
        ends = await self.topics.next_offsets(topic, after)
        for partition, position in after.items():
            if position > ends[partition]:
                raise Unavailable(
                    f"{topic} ends at {ends[partition]}, but {position} was read: "
                    "is this another event hub, or was an older state of it restored?"
                )
        starts = {p: max(position, first[p]) for p, position in after.items()}
        return _Range(topic, id, starts, ends)

    async def _read(
        self, part: _Range, types: frozenset[str] | None
    ) -> AsyncGenerator[tuple[Record, ...], None]:
        reader = Reader(self._config, part.topic, part.starts, part.ends, types)
        self._readers[reader] = part.id
        try:
            async with aclosing(reader.batches()) as batches:
                async for batch in batches:
                    yield batch
        finally:
            del self._readers[reader]
