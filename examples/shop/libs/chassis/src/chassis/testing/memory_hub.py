"""An in-memory hub for tests of one unit."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from chassis.envelope import Outgoing
from chassis.errors import TooLarge, Unavailable
from chassis.hub.port import Backlog, Record, Topic

_BATCH = 256  # messages
_BATCH_BYTES = 1024 * 1024


class MemoryHub:
    """Implements `chassis.hub.port.Hub`; a topic is a list."""

    system = "memory"
    max_message_bytes = 1024 * 1024

    def __init__(self) -> None:
        self.published: list[Outgoing] = []
        self._topics: dict[str, Topic] = {}
        self._logs: dict[str, _Log] = defaultdict(_Log)
        self._closed = False

    @property
    def idle(self) -> bool:
        """Whether every reader has taken all there is, and waits for more."""
        return all(reader.waiting for log in self._logs.values() for reader in log.readers)

    def has_readers(self, topic: str) -> bool:
        """Return whether `topic` is being read."""
        return bool(self._logs[topic].readers)

    async def declare(self, topic: Topic) -> None:
        """See `Hub`."""
        self._topics[topic.name] = topic

    def partitions(self, topic: str) -> int:
        """See `Hub`."""
        return self._topics[topic].partitions

    async def incarnation(self, topic: str) -> str:
        """See `Hub`."""
        return self._logs[topic].incarnation

    async def publish(self, message: Outgoing, *, again: bool = False) -> None:
        """See `Hub`."""
        if len(message.data) > self.max_message_bytes:
            raise TooLarge(message.type, len(message.data), self.max_message_bytes)
        if self._logs[message.topic].append(message, again=again):
            self.published.append(message)

    def inject(self, message: Outgoing) -> None:
        """Append a message of another unit, which is not among the `published` ones."""
        self._logs[message.topic].append(message, again=True)

    async def read(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None = None
    ) -> AsyncGenerator[tuple[Record, ...], None]:
        """See `Hub`."""
        log, position, reader = self._logs[topic], min(after.values()), _Reader()
        log.readers.append(reader)
        try:
            while not self._closed:
                reader.news.clear()
                if position >= len(log.messages):
                    yield ()
                    await reader.wait_for_news()
                    continue
                until = log.end_of_batch(position)
                if records := tuple(self._select(topic, position, until, after, types)):
                    yield records
                position = until
        finally:
            log.readers.remove(reader)
        raise Unavailable("the hub was closed")

    async def is_complete(self, topic: str) -> bool:
        """See `Hub`."""
        return True

    async def delete(self, topic: str) -> None:
        """See `Hub`."""
        self._logs.pop(topic, None)

    async def end(self, topic: str) -> Mapping[int, int]:
        """See `Hub`."""
        partitions = range(self._topics[topic].partitions)
        return dict.fromkeys(partitions, len(self._logs[topic].messages))

    async def backlog(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None = None
    ) -> Backlog:
        """See `Hub`."""
        last = len(self._logs[topic].messages)
        records = tuple(self._select(topic, min(after.values()), last, after, types))
        return Backlog(count=len(records), oldest=records[0].time if records else None)

    def status(self) -> str:
        """See `Hub`."""
        return "closed" if self._closed else "ok"

    async def close(self) -> None:
        """See `Hub`."""
        self._closed = True
        for log in self._logs.values():
            log.wake()

    def _select(
        self,
        topic: str,
        start: int,
        end: int,
        after: Mapping[int, int],
        types: frozenset[str] | None,
    ) -> Iterator[Record]:
        messages = self._logs[topic].messages[start:end]
        for position, (time, message) in enumerate(messages, start + 1):
            partition = self._topics[topic].partition_of(message.subject)
            if position <= after.get(partition, position):
                continue
            if types is None or message.type in types:
                yield Record(
                    partition=partition,
                    position=position,
                    time=time,
                    type=message.type,
                    data=message.data,
                    pending=len(self._logs[topic].messages) - position,
                )


@dataclass(eq=False)
class _Reader:
    news: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: bool = False

    async def wait_for_news(self) -> None:
        self.waiting = True
        try:
            await self.news.wait()
        finally:
            self.waiting = False


@dataclass(eq=False)
class _Log:
    incarnation: str = field(default_factory=lambda: str(uuid4()))
    messages: list[tuple[datetime, Outgoing]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    readers: list[_Reader] = field(default_factory=list)

    def append(self, message: Outgoing, *, again: bool) -> bool:
        """Append a message, and return whether that was done: not if it is here already."""
        if message.id in self.ids and not again:
            return False
        self.ids.add(message.id)
        self.messages.append((datetime.now(UTC), message))
        self.wake()
        return True

    def end_of_batch(self, start: int) -> int:
        size = 0
        for position, (_, message) in enumerate(self.messages[start : start + _BATCH], start + 1):
            size += len(message.data)
            if size >= _BATCH_BYTES:
                return position
        return min(start + _BATCH, len(self.messages))

    def wake(self) -> None:
        for reader in self.readers:
            reader.waiting = False
            reader.news.set()
