"""Dead letters: messages that could not be handled, kept with the reason until replayed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import structlog

from chassis import trace
from chassis.clock import Clock
from chassis.envelope import Envelope
from chassis.hub.port import Hub, Topic
from chassis.messages import Catalog

DEAD_LETTER = "chassis.DeadLetter.v1"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that could not be handled.

    Attributes:
        position: The position of the dead letter in its topic.
        topic: The topic of the message.
        group: The consumer group that could not handle it.
        reason: The error.
        attempts: How often the message was attempted; 0 if it could not be decoded.
        failed_at: The time of the last failure.
        message: The message as it was received.
    """

    position: int
    topic: str
    group: str
    reason: str
    attempts: int
    failed_at: datetime
    message: str


class DeadLetterPublisher:
    """Publishes the messages that one unit could not handle."""

    def __init__(self, unit: str, messages: Catalog, hub: Hub, clock: Clock) -> None:
        self._source = f"/{messages.system}/{unit}"
        self._topic = messages.dead_letters
        self._hub = hub
        self._clock = clock

    async def publish(
        self, raw: bytes, topic: str, group: str, error: Exception, attempts: int
    ) -> None:
        """Publish a message as a dead letter.

        Args:
            raw: The message as it was received.
            topic: The topic of the message.
            group: The consumer group.
            error: Why it could not be handled.
            attempts: How often it was attempted.

        Raises:
            Unavailable: The hub is unavailable.
        """
        reason = f"{type(error).__name__}: {error}"
        _log.error("dead letter", topic=topic, group=group, reason=reason)
        current = trace.current() or trace.begin()
        envelope = Envelope(
            id=uuid4(),  # a replayed message that fails again is a new dead letter
            source=self._source,
            type=DEAD_LETTER,
            subject=group,
            time=self._clock(),
            data={
                "topic": topic,
                "group": group,
                "reason": reason,
                "attempts": attempts,
                "message": raw.decode(errors="backslashreplace"),
            },
            correlation_id=current.correlation_id,
            causation_id=current.causation_id,
            traceparent=current.traceparent,
        )
        await self._hub.publish(self._topic, envelope)


async def dead_letters(hub: Hub, messages: Catalog) -> AsyncIterator[DeadLetter]:
    """Yield the dead letters of a system, oldest first."""
    await hub.declare(dead_letter_topic(messages))
    async for logged in hub.browse(messages.dead_letters):
        envelope = Envelope.from_json(logged.data)
        yield DeadLetter(position=logged.position, failed_at=envelope.time, **envelope.data)


async def replay(hub: Hub, messages: Catalog, letter: DeadLetter) -> None:
    """Publish the message of a dead letter again, then remove the dead letter.

    Every group of the topic receives it again. Those that have handled it drop it by its id.

    Raises:
        Undecodable: The dead letter holds no message.
    """
    envelope = Envelope.from_json(letter.message.encode())
    await hub.declare(topic_of(messages, letter.topic))
    await hub.publish(letter.topic, envelope, again=True)
    await hub.discard(messages.dead_letters, letter.position)


def topic_of(messages: Catalog, name: str) -> Topic:
    """Return the topic `name` with the configuration of the catalog."""
    return Topic(name=name, partitions=messages.partitions, retention=messages.retention)


def dead_letter_topic(messages: Catalog) -> Topic:
    """Return the topic of the dead letters. It has one partition, since they should be few."""
    return Topic(name=messages.dead_letters, partitions=1, retention=messages.retention)
