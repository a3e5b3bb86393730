"""The hub port: durable, partitioned logs of messages.

The hub knows no groups and acknowledges nothing: a reader stores its position together with the
effects of what it has read, and the processes of a unit share the partitions by leases in their
store (`chassis.runtime.membership`).
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chassis.envelope import Outgoing

SLOTS = 64
"""A subject is in the same slot for ever, and a partition is a range of slots: their number may
change, and all that was published before is still read, in order for each subject."""


def slot_of(subject: str) -> int:
    """Return the slot of a subject, which is the same in every process and version."""
    return zlib.crc32(subject.encode()) % SLOTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A durable log. The messages of one subject are in one partition, in order.

    Attributes:
        name: The name.
        partitions: The number of partitions.
        retention: How long messages are kept.
        temporary: Whether it is deleted when it has been read, and useless if parts of it are lost.
    """

    name: str
    partitions: int
    retention: timedelta
    temporary: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.partitions <= SLOTS:
            raise ValueError(
                f"{self.name}: the number of partitions must be from 1 to {SLOTS}, "
                f"but it is {self.partitions}"
            )

    def partition_of(self, subject: str) -> int:
        """Return the partition of a subject, which is the same in every process."""
        return self.partition_of_slot(slot_of(subject))

    def partition_of_slot(self, slot: int) -> int:
        """Return the partition that a slot is in."""
        return slot * self.partitions // SLOTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A message in a topic.

    Attributes:
        partition: The partition.
        position: The position in the partition. Positions grow, but may have gaps.
        time: When the hub has stored it.
        type: The CloudEvents type.
        data: The envelope.
        pending: How many messages followed for this reader when the hub delivered it.
    """

    partition: int
    position: int
    time: datetime
    type: str
    data: bytes
    pending: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What a reader has not read yet: the number of messages, and the time of the oldest one."""

    count: int
    oldest: datetime | None


class Hub(Protocol):
    """The event hub. Every method may raise `Unavailable`."""

    @property
    def system(self) -> str:
        """What OpenTelemetry calls it: the value of `messaging.system` in spans, e.g. "kafka"."""
        ...

    @property
    def max_message_bytes(self) -> int:
        """The size of the largest envelope that the hub accepts."""
        ...

    async def declare(self, topic: Topic) -> None:
        """Create the topic or update its configuration. Call this before the first use.

        With another number of partitions, what is in the topic can still be read: `read` returns it
        in the `partitions` that it has now, in order for each subject. Positions stay valid.

        Should the hub lose the topic, e.g. with a disk, its next use fails with `Unavailable`, and
        creates it again, unless it is temporary.
        """
        ...

    def partitions(self, topic: str) -> int:
        """Return how many partitions a declared topic has.

        It is the declared number, unless the hub cannot change that of a topic that is there.
        """
        ...

    async def incarnation(self, topic: str) -> str:
        """Return what identifies this log: a topic that was lost and created again has another.

        Positions are valid in one incarnation.
        """
        ...

    async def publish(self, message: Outgoing, *, again: bool = False) -> None:
        """Append a message to its partition, and wait until it is stored durably.

        Messages of one subject are in order if each one is published after the one before has been
        stored. Others may be published concurrently; the adapter makes that cheap.

        Args:
            message: The message.
            again: Whether to store it even if it was published recently.

        Raises:
            TooLarge: The message has more than `max_message_bytes`.
        """
        ...

    def read(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None = None
    ) -> AsyncGenerator[tuple[Record, ...], None]:
        """Yield the messages of some partitions of a topic, as they come, until it is closed.

        Records of one partition are in order; batches have a bounded number and size. An empty
        batch says that all there was has been yielded: the reader is at the end now. Nothing is
        read far ahead of the consumer of this generator.

        Args:
            topic: The topic.
            after: By partition, the position to continue after; 0 is the beginning.
            types: The wanted message types; None for all.

        Raises:
            Unavailable: The connection was lost, or too much was missed. Read again.
        """
        ...

    async def is_complete(self, topic: str) -> bool:
        """Return whether the topic still has everything that was ever published to it."""
        ...

    async def delete(self, topic: str) -> None:
        """Remove a topic with its messages, if it is there."""
        ...

    async def end(self, topic: str) -> Mapping[int, int]:
        """Return the positions, by partition, after which only what is published from now on is.

        They are at least those of the last messages; 0 if there was never one.
        """
        ...

    async def backlog(
        self, topic: str, after: Mapping[int, int], types: frozenset[str] | None = None
    ) -> Backlog:
        """Return what `read` with these arguments would yield until the end."""
        ...

    def status(self) -> str:
        """Return "ok", or the reason why the hub cannot be used."""
        ...

    async def close(self) -> None:
        """Close the readers and the connection."""
        ...
