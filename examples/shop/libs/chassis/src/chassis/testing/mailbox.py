"""The messages of one unit under test: those that it publishes, and those that it gets."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from chassis.clock import Clock
from chassis.dead_letters import DeadLetters
from chassis.envelope import Envelope, Outgoing
from chassis.messages import (
    COMMAND_REFUSED,
    COMMAND_REPLIES,
    Catalog,
    CommandRefused,
    Event,
    Message,
    decoded,
    encoded,
)
from chassis.testing.memory_hub import MemoryHub


class Mailbox:
    """Publishes and records messages on an in-memory hub."""

    def __init__(
        self, unit: str, catalog: Catalog, hub: MemoryHub, topics: frozenset[str], clock: Clock
    ) -> None:
        """Create a mailbox.

        Args:
            unit: The name of the unit.
            catalog: The message catalog.
            hub: The hub of the unit.
            topics: The topics that the unit reads.
            clock: The time of the messages.
        """
        self._unit = unit
        self._catalog = catalog
        self._hub = hub
        self._topics = topics
        self._clock = clock
        self._failures_seen = 0

    @property
    def published(self) -> tuple[Message, ...]:
        """The messages that the unit has published, in order."""
        return tuple(self._message(envelope) for envelope in self._sent())

    def deliver(self, message: Message, caused_by: Message | None) -> None:
        """Deliver a message of another unit."""
        kind = self._catalog.of(type(message))
        if kind.topic not in self._topics:
            raise AssertionError(f"{self._unit} does not consume {kind.topic}")
        cause = None if caused_by is None else self._cause(caused_by)
        subject = kind.subject_of(message)
        envelope = self._envelope(message, kind.name, subject, cause)
        self._hub.inject(Outgoing.of(kind.topic, envelope))

    def refuse(self, command: Message, rule: str) -> None:
        """Refuse `command`, as its receiver would."""
        cause = self._cause(command)
        refusal = CommandRefused(command=cause.type, rule=rule)
        envelope = self._envelope(refusal, COMMAND_REFUSED, cause.subject, cause)
        for topic in self._event_topics():
            self._hub.inject(Outgoing.of(topic, envelope))

    async def check(self, dead_letters: DeadLetters) -> None:
        """Check that the unit could handle all messages since the last check.

        Raises:
            AssertionError: It could not handle one.
        """
        letters = await dead_letters.list()
        new, self._failures_seen = letters[self._failures_seen :], len(letters)
        for letter, _ in new:
            raise AssertionError(f"{self._unit} failed: {letter.reason}")

    def _sent(self) -> list[Envelope]:
        return [message.envelope for message in self._hub.published]

    def _event_topics(self) -> Iterable[str]:
        messages = self._catalog.messages
        return sorted({each.topic for each in messages if issubclass(each.model, Event)})

    def _cause(self, message: Message) -> Envelope:
        for envelope in reversed(self._sent()):
            if self._message(envelope) == message:
                return envelope
        raise AssertionError(f"{self._unit} has not published {message!r}")

    def _message(self, envelope: Envelope) -> Message:
        for model, name in COMMAND_REPLIES.items():
            if envelope.type == name:
                return decoded(model, envelope.data)
        kind = self._catalog.named(envelope.type)
        if kind is None:
            raise AssertionError(f"{envelope.type} is not in the catalog: {dict(envelope.data)}")
        return decoded(kind.model, envelope.data)

    def _envelope(
        self, message: Message, type: str, subject: str, cause: Envelope | None
    ) -> Envelope:
        return Envelope(
            id=uuid4(),
            source=f"/{self._catalog.system}/test",
            type=type,
            subject=subject,
            time=self._clock(),
            data=encoded(message),
            correlation_id=uuid4() if cause is None else cause.correlation_id,
            causation_id=None if cause is None else cause.id,
        )
