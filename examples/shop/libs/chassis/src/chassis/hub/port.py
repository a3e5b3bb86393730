"""The hub port: durable, partitioned topics, delivered to groups at least once."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias

from chassis.envelope import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A durable log. The messages of one subject are in one partition, in order."""

    name: str
    partitions: int
    retention: timedelta

    def partition_of(self, subject: str) -> int:
        """Return the partition of a subject, which is the same in every process."""
        return zlib.crc32(subject.encode()) % self.partitions


Deliver: TypeAlias = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Logged:
    """A message in a topic, and its position."""

    position: int
    data: bytes


class Subscription(Protocol):
    """The subscription of a group to a topic."""

    def status(self) -> str:
        """Return "ok", or the reason why no messages arrive."""
        ...

    async def stop(self) -> None:
        """Receive no more messages, and wait until the current delivery has finished.

        Cancelling this cancels the delivery, and the message is delivered again.
        """
        ...


class Hub(Protocol):
    """The event hub. Every method may raise `Unavailable`."""

    async def declare(self, topic: Topic) -> None:
        """Create the topic or update its configuration. Call this before the first use."""
        ...

    async def publish(self, topic: str, envelope: Envelope, *, again: bool = False) -> None:
        """Append an envelope to its partition of a topic, and wait until it is stored durably.

        Args:
            topic: The topic.
            envelope: The envelope.
            again: Whether to publish it even if it was published recently.
        """
        ...

    async def subscribe(self, topic: str, group: str, deliver: Deliver) -> Subscription:
        """Deliver every message of a topic, from the first one, to one member of a group.

        The messages of a partition are delivered one at a time, in order. A message is delivered
        again if the process dies, or if `deliver` raises or is cancelled.

        Args:
            topic: The topic.
            group: The consumer group.
            deliver: Handles a message; the next one follows when it returns.
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
        """Stop the subscriptions and close the connection."""
        ...
