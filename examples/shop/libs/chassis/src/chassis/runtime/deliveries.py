"""Deliveries: messages that were read, decoded, with the handlers that they are for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog
from pydantic import ValidationError

from chassis.envelope import Envelope, Undecodable
from chassis.hub.port import Record
from chassis.messages import Message, decoded
from chassis.runtime.work import Work
from chassis.telemetry import Tracer

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

Handle: TypeAlias = Callable[[Any, Envelope, Work], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reaction:
    """The handlers of the messages of one type."""

    model: type[Message]
    handles: tuple[Handle, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message and its handlers. `error` says why it cannot be decoded, if it cannot.

    Attributes:
        record: The message as it was read.
        subject: The id of its aggregate; empty if it cannot be decoded.
        envelope: The envelope.
        message: The message.
        handles: The handlers.
        error: Why it cannot be decoded.
    """

    record: Record
    subject: str = ""
    envelope: Envelope | None = None
    message: Message | None = None
    handles: tuple[Handle, ...] = ()
    error: Exception | None = None

    async def carry_out(self, work: Work, tracer: Tracer, group: str) -> None:
        """Call the handlers of `group`, which add their effects to `work`.

        Raises:
            Exception: The message cannot be decoded, or a handler has failed.
        """
        if self.envelope is None:
            raise self.error or Undecodable("nothing was decoded")
        with tracer.process(self.envelope, group):
            for handle in self.handles:
                await handle(self.message, self.envelope, work)
            _log.debug("message", type=self.record.type, subject=self.subject, group=group)


class Decoder:
    """Decodes the messages for one group."""

    def __init__(self, reactions: Mapping[str, Reaction], *, strict: bool) -> None:
        """Create a decoder.

        Args:
            reactions: The handlers by message type.
            strict: Whether a message of an unknown type is an error.
        """
        self._reactions = reactions
        self._strict = strict

    @property
    def types(self) -> frozenset[str] | None:
        """The types to read; None for all."""
        return None if self._strict else frozenset(self._reactions)

    def decode(self, record: Record) -> Delivery:
        """Return the delivery of a record; it has an error if it cannot be decoded."""
        reaction = self._reactions.get(record.type)
        if reaction is None:
            error = Undecodable(f"no handler for messages of type {record.type}")
            return Delivery(record, error=error)
        try:
            envelope = Envelope.from_json(record.data)
            message = decoded(reaction.model, envelope.data)
        except (Undecodable, ValidationError) as error:
            return Delivery(record, error=error)
        return Delivery(record, envelope.subject, envelope, message, reaction.handles)
