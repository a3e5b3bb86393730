"""The messages of a system: commands and events, and their catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A value object in messages."""

    model_config = ConfigDict(frozen=True)


class Message(BaseModel):
    """A command or an event."""

    model_config = ConfigDict(frozen=True)


class Command(Message):
    """A command, named in the imperative. Unknown fields are an error of the sender."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(Message):
    """An event, named in the past tense. Unknown fields are ignored (tolerant reader)."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class CommandRefused(Event):
    """A command from the hub was refused, because `rule` does not hold."""

    command: str
    rule: str


COMMAND_REFUSED = "chassis.CommandRefused.v1"


@dataclass(frozen=True, slots=True)
class MessageType:
    """The type of a message.

    Attributes:
        model: The class of the message.
        name: The CloudEvents type.
        topic: The topic that it is published to.
        subject: The field with the id of the aggregate: CloudEvents subject and partition key.
    """

    model: type[Message]
    name: str = field(kw_only=True)
    topic: str = field(kw_only=True)
    subject: str = field(kw_only=True)

    def subject_of(self, message: Message) -> str:
        """Return the id of the aggregate that `message` is about."""
        return str(getattr(message, self.subject))


@dataclass(frozen=True)
class Catalog:
    """The message types of a system, and the configuration of its topics.

    Attributes:
        system: The name of the system.
        messages: The message types.
        partitions: The number of partitions of each topic.
        retention: How long the hub keeps messages.
    """

    system: str
    messages: tuple[MessageType, ...]
    partitions: int
    retention: timedelta

    def of(self, model: type[Message]) -> MessageType:
        """Return the message type of class `model`.

        Raises:
            KeyError: The catalog has no such class.
        """
        return self._by_model[model]

    def named(self, name: str) -> MessageType | None:
        """Return the message type with the CloudEvents type `name`, or None."""
        return self._by_name.get(name)

    @property
    def dead_letters(self) -> str:
        """The topic of the dead letters."""
        return f"{self.system}.dead-letters"

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """The topics of the system."""
        return tuple(sorted({message.topic for message in self.messages}))

    @cached_property
    def _by_model(self) -> Mapping[type[Message], MessageType]:
        return {message.model: message for message in self.messages}

    @cached_property
    def _by_name(self) -> Mapping[str, MessageType]:
        return {message.name: message for message in self.messages}
