"""Envelopes of outgoing messages."""

from __future__ import annotations

from uuid import UUID

from chassis import trace
from chassis.clock import Clock
from chassis.envelope import Envelope, Outgoing
from chassis.messages import COMMAND_REFUSED, Catalog, CommandRefused, Message


class EnvelopeFactory:
    """Wraps the messages that one unit sends."""

    def __init__(self, unit: str, messages: Catalog, clock: Clock) -> None:
        self._source = f"/{messages.system}/{unit}"
        self._messages = messages
        self._clock = clock

    def wrap(
        self, message: Message, *, id: UUID, causation_id: UUID | None, sequence: int | None = None
    ) -> Outgoing:
        """Return `message` in an envelope, for its topic, with the current trace.

        Args:
            message: The message.
            id: The id of the message.
            causation_id: The id of the message that caused it.
            sequence: The version of the aggregate after an event.
        """
        kind = self._messages.of(type(message))
        return Outgoing(
            kind.topic,
            self._envelope(
                message, id, kind.name, kind.subject_of(message), causation_id, sequence
            ),
        )

    def wrap_refusal(
        self, refusal: CommandRefused, *, id: UUID, causation_id: UUID, topic: str, subject: str
    ) -> Outgoing:
        """Return a refusal in an envelope, for the topic of the aggregate's events."""
        envelope = self._envelope(refusal, id, COMMAND_REFUSED, subject, causation_id, None)
        return Outgoing(topic, envelope)

    def _envelope(
        self,
        message: Message,
        id: UUID,
        type: str,
        subject: str,
        causation_id: UUID | None,
        sequence: int | None,
    ) -> Envelope:
        current = trace.current() or trace.begin()
        return Envelope(
            id=id,
            source=self._source,
            type=type,
            subject=subject,
            time=self._clock(),
            data=message.model_dump(mode="json"),
            correlation_id=current.correlation_id,
            causation_id=causation_id,
            traceparent=current.traceparent,
            sequence=sequence,
        )
