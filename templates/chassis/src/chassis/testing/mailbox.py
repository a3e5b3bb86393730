"""The messages of one unit under test: those that it publishes, and those that it gets."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from chassis.clock import Clock
from chassis.dead_letters import DEAD_LETTER
from chassis.envelope import Envelope
from chassis.messages import COMMAND_REFUSED, Catalog, CommandRefused, Event, Message
from chassis.testing.memory_hub import MemoryHub


class Mailbox:
    """Publishes and records messages on an in-memory hub."""

    def __init__(self, unit: str, catalog: Catalog, hub: MemoryHub, clock: Clock) -> None:
        self._unit = unit
        self._catalog = catalog
        self._hub = hub
        self._clock = clock
        self._failures_seen = 0

    @property
    def published(self) -> tuple[Message, ...]:
        """The messages that the unit has published, in order."""
        return tuple(self._message(envelope) for envelope in self._sent())

    def deliver(self, message: Message, caused_by: Message | None) -> None:
        """Deliver a message of another unit."""
        kind = self._catalog.of(type(message))
        if not self._hub.has_consumers(kind.topic):
            raise AssertionError(f"{self._unit} does not consume {kind.topic}")
        cause = None if caused_by is None else self._cause(caused_by)
        subject = kind.subject_of(message)
        self._hub.inject(kind.topic, self._envelope(message, kind.name, subject, cause))

    def refuse(self, command: Message, rule: str) -> None:
        """Refuse `command`, as its receiver would."""
        cause = self._cause(command)
        refusal = CommandRefused(command=cause.type, rule=rule)
        envelope = self._envelope(refusal, COMMAND_REFUSED, cause.subject, cause)
        for topic in self._event_topics():
            self._hub.inject(topic, envelope)

    def check(self) -> None:
        """Check that the unit could handle all messages since the last check.

        Raises:
            AssertionError: It could not handle one.
        """
        letters = [each for each in self._hub.published if each.envelope.type == DEAD_LETTER]
        new, self._failures_seen = letters[self._failures_seen :], len(letters)
        for letter in new:
            raise AssertionError(f"{self._unit} failed: {letter.envelope.data['reason']}")

    def _sent(self) -> list[Envelope]:
        return [e.envelope for e in self._hub.published if e.envelope.type != DEAD_LETTER]

    def _event_topics(self) -> Iterable[str]:
        messages = self._catalog.messages
        return sorted({each.topic for each in messages if issubclass(each.model, Event)})

    def _cause(self, message: Message) -> Envelope:
        for envelope in reversed(self._sent()):
            if self._message(envelope) == message:
                return envelope
        raise AssertionError(f"{self._unit} has not published {message!r}")

    def _message(self, envelope: Envelope) -> Message:
        if envelope.type == COMMAND_REFUSED:
            return CommandRefused.model_validate(envelope.data)
        kind = self._catalog.named(envelope.type)
        if kind is None:
            raise AssertionError(f"{envelope.type} is not in the catalog: {dict(envelope.data)}")
        return kind.model.model_validate(envelope.data)

    def _envelope(
        self, message: Message, type: str, subject: str, cause: Envelope | None
    ) -> Envelope:
        return Envelope(
            id=uuid4(),
            source=f"/{self._catalog.system}/test",
            type=type,
            subject=subject,
            time=self._clock(),
            data=message.model_dump(mode="json"),
            correlation_id=uuid4() if cause is None else cause.correlation_id,
            causation_id=None if cause is None else cause.id,
        )
