"""The hub port: durable, partitioned topics, and groups that see every message at least once."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias

from chassis.envelope import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A durable log. Messages of one subject are in one of its partitions, in order."""

    name: str
    partitions: int
    retention: timedelta

    def partition_of(self, subject: str) -> int:
        """Return the partition of a subject; the same in every process, so no `hash()`."""
        return zlib.crc32(subject.encode()) % self.partitions


Deliver: TypeAlias = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Logged:
    """A message as it lies in a topic."""

    position: int
    data: bytes


class Subscription(Protocol):
    """A group's part in a topic."""

    def status(self) -> str:
        """Return "ok", or the reason why messages do not arrive."""
        ...

    async def stop(self) -> None:
        """Take no more messages, and return when the one being delivered is finished.

        Cancelled, it breaks off that delivery; the message is delivered again.
        """
        ...


class Hub(Protocol):
    """What a unit needs of the event hub. Every method may raise `Unavailable`."""

    async def declare(self, topic: Topic) -> None:
        """Make sure that the topic is there and configured like this. Before its first use."""
        ...

    async def publish(self, topic: str, envelope: Envelope, *, again: bool = False) -> None:
        """Append the envelope to its partition of the topic; returns when it is stored durably.

        The hub may leave out what was published lately, except when it is to be published `again`.
        """
        ...

    async def subscribe(self, topic: str, group: str, deliver: Deliver) -> Subscription:
        """Deliver every message of the topic, from its beginning, to one member of the group.

        One message of a partition at a time, in order, and the next one only after `deliver`
        returned; however long it takes. A message is delivered again if the process dies meanwhile.
        `deliver` must not raise: if it does, or is cancelled, the same message is delivered again.
        """
        ...

    def browse(self, topic: str) -> AsyncIterator[Logged]:
        """Yield the messages that are in the topic now, oldest first."""
        ...

    async def discard(self, topic: str, position: int) -> None:
        """Remove one message from the topic."""
        ...

    def status(self) -> str:
        """Return "ok", or the reason why the hub cannot be used."""
        ...

    async def close(self) -> None:
        """Let go of the hub; subscriptions are stopped."""
        ...
