"""The messages of a system: commands and events, and the catalog that says how they travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A value object inside messages."""

    model_config = ConfigDict(frozen=True)


class Message(BaseModel):
    """What travels between units."""

    model_config = ConfigDict(frozen=True)


class Command(Message):
    """An intention, in the imperative. Fields it does not know are an error of the sender."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(Message):
    """Something that happened, in the past tense. A tolerant reader: unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class CommandRefused(Event):
    """A command that came over the hub was refused: `rule` was broken. Caused by the command."""

    command: str
    rule: str


COMMAND_REFUSED = "chassis.CommandRefused.v1"


@dataclass(frozen=True, slots=True)
class MessageType:
    """How messages of class `model` travel.

    `name`: the CloudEvents type. `topic`: where they are published. `subject`: the field that holds
    the aggregate's id, which is the CloudEvents subject and the partition key.
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
    """Every message of a system. `retention`: how long the hub keeps them."""

    system: str
    messages: tuple[MessageType, ...]
    partitions: int
    retention: timedelta

    def of(self, model: type[Message]) -> MessageType:
        """Return how messages of class `model` travel; KeyError if they do not."""
        return self._by_model[model]

    def named(self, name: str) -> MessageType | None:
        """Return the message type with the CloudEvents type `name`, if there is one."""
        return self._by_name.get(name)

    @property
    def dead_letters(self) -> str:
        """The topic of the messages that could not be handled."""
        return f"{self.system}.dead-letters"

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """Every topic that a message of the system travels on."""
        return tuple(sorted({message.topic for message in self.messages}))

    @cached_property
    def _by_model(self) -> Mapping[type[Message], MessageType]:
        return {message.model: message for message in self.messages}

    @cached_property
    def _by_name(self) -> Mapping[str, MessageType]:
        return {message.name: message for message in self.messages}
