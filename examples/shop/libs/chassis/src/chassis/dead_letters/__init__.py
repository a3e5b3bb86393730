"""Dead letters: messages that could not be handled, with the reason, until replayed."""

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
    """`message`, as it came on `topic`, could not be handled for `group`."""

    position: int
    topic: str
    group: str
    reason: str
    attempts: int
    failed_at: datetime
    message: str


class DeadLetterOffice:
    """Takes what one unit could not handle."""

    def __init__(self, unit: str, messages: Catalog, hub: Hub, clock: Clock) -> None:
        self._source = f"/{messages.system}/{unit}"
        self._topic = messages.dead_letters
        self._hub = hub
        self._clock = clock

    async def accept(
        self, raw: bytes, topic: str, group: str, error: Exception, attempts: int
    ) -> None:
        """Keep a message that could not be handled; raises `Unavailable` if that is impossible."""
        reason = f"{type(error).__name__}: {error}"
        _log.error("dead letter", topic=topic, group=group, reason=reason)
        current = trace.current() or trace.begin()
        envelope = Envelope(
            id=uuid4(),  # a replayed message that fails again is another letter
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
    """Publish the message of a dead letter again, then remove the letter.

    Every group of the topic sees it again; those that had handled it know it by its id. Raises
    `Undecodable` if the message never was one.
    """
    envelope = Envelope.from_json(letter.message.encode())
    await hub.declare(topic_of(messages, letter.topic))
    await hub.publish(letter.topic, envelope, again=True)
    await hub.discard(messages.dead_letters, letter.position)


def topic_of(messages: Catalog, name: str) -> Topic:
    """Return the topic `name` as the system's catalog configures it."""
    return Topic(name=name, partitions=messages.partitions, retention=messages.retention)


def dead_letter_topic(messages: Catalog) -> Topic:
    """Return the topic of the dead letters, in one partition: there should be few."""
    return Topic(name=messages.dead_letters, partitions=1, retention=messages.retention)
