"""An in-memory hub for tests of one unit."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

from chassis.envelope import Envelope, Outgoing
from chassis.hub.port import Deliver, Logged, Topic


class MemoryHub:
    """Implements `chassis.hub.port.Hub`; topics keep the order of publishing."""

    def __init__(self) -> None:
        self.published: list[Outgoing] = []
        self._groups: dict[str, list[_Group]] = defaultdict(list)

    @property
    def idle(self) -> bool:
        """Whether all published messages have been delivered."""
        return all(group.idle for groups in self._groups.values() for group in groups)

    async def declare(self, topic: Topic) -> None:
        """See `Hub`."""

    async def publish(self, topic: str, envelope: Envelope, *, again: bool = False) -> None:
        """See `Hub`."""
        self.published.append(Outgoing(topic, envelope))
        self.inject(topic, envelope)

    def inject(self, topic: str, envelope: Envelope) -> None:
        """Deliver a message of another unit."""
        for group in self._groups[topic]:
            group.put(envelope.to_json())

    def has_consumers(self, topic: str) -> bool:
        """Return whether a group consumes `topic`."""
        return bool(self._groups[topic])

    async def subscribe(self, topic: str, group: str, deliver: Deliver) -> _Group:
        """See `Hub`."""
        groups = self._groups[topic]
        groups.append(subscription := _Group(deliver, groups))
        return subscription

    async def browse(self, topic: str) -> AsyncIterator[Logged]:
        """See `Hub`."""
        for position, outgoing in enumerate(self.published):
            if outgoing.topic == topic:
                yield Logged(position, outgoing.envelope.to_json())

    async def discard(self, topic: str, position: int) -> None:
        """See `Hub`."""

    def status(self) -> str:
        """See `Hub`."""
        return "ok"

    async def close(self) -> None:
        """See `Hub`."""
        for groups in self._groups.values():
            for group in tuple(groups):
                await group.stop()


class _Group:
    """A group, which gets one message after the other."""

    def __init__(self, deliver: Deliver, groups: list[_Group]) -> None:
        self._deliver = deliver
        self._groups = groups
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue()
        self._unfinished = 0
        self._task = asyncio.create_task(self._run())

    @property
    def idle(self) -> bool:
        return self._unfinished == 0

    def put(self, data: bytes) -> None:
        self._unfinished += 1
        self._waiting.put_nowait(data)

    async def _run(self) -> None:
        while True:
            data = await self._waiting.get()
            await self._deliver(data)
            self._unfinished -= 1

    def status(self) -> str:
        """See `Subscription`."""
        return "ok" if not self._task.done() else "ended"

    async def stop(self) -> None:
        """See `Subscription`."""
        if self in self._groups:
            self._groups.remove(self)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
