"""Envelopes of outgoing messages."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from chassis import trace
from chassis.clock import Clock
from chassis.envelope import Envelope, Outgoing
from chassis.errors import TooLarge
from chassis.messages import COMMAND_REPLIES, Catalog, CommandReply, Message, encoded


class EnvelopeFactory:
    """Wraps the messages that one unit sends."""

    def __init__(
        self, unit: str, messages: Catalog, clock: Clock, limit: Callable[[], int] | None = None
    ) -> None:
        """Create a factory.

        Args:
            unit: What the unit goes by.
            messages: The catalog of the system.
            clock: The time of the messages.
            limit: Returns the size of the largest envelope that the hub accepts.
        """
        self._limit = limit
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

        Raises:
            TooLarge: The hub would not accept it.
        """
        kind = self._messages.of(type(message))
        subject = kind.subject_of(message)
        envelope = self._envelope(message, id, kind.name, subject, causation_id, sequence)
        return self._outgoing(kind.topic, envelope)

    def wrap_reply(
        self, reply: CommandReply, *, id: UUID, causation_id: UUID, topic: str, subject: str
    ) -> Outgoing:
        """Return a reply in an envelope, for the topic of the aggregate's events."""
        envelope = self._envelope(
            reply, id, COMMAND_REPLIES[type(reply)], subject, causation_id, None
        )
        return self._outgoing(topic, envelope)

    def _outgoing(self, topic: str, envelope: Envelope) -> Outgoing:
        outgoing = Outgoing.of(topic, envelope)
        if self._limit is not None and len(outgoing.data) > (limit := self._limit()):
            raise TooLarge(envelope.type, len(outgoing.data), limit)
        return outgoing

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
            data=encoded(message),
            correlation_id=current.correlation_id,
            causation_id=causation_id,
            traceparent=current.traceparent,
            sequence=sequence,
        )
