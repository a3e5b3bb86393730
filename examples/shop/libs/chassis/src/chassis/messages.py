"""The messages of a system: commands and events, and their catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from chassis.decimals import with_plain_decimals

_NAMES = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=False)


class Value(BaseModel):
    """A value object in messages. The alias of a renamed field is its key in JSON."""

    model_config = _NAMES

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema, by which decimals are written without exponents."""
        return with_plain_decimals(handler(source), handler)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema with the names of the fields, as HTTP has them."""
        schema = handler(core_schema)
        _rename(handler.resolve_ref_schema(schema), cls)
        return schema


class Message(Value):
    """A command or an event."""


class Command(Message):
    """A command, named in the imperative. Unknown fields are an error of the sender."""

    model_config = ConfigDict(extra="forbid")


class Event(Message):
    """An event, named in the past tense. Unknown fields are ignored (tolerant reader)."""

    model_config = ConfigDict(extra="ignore")


class CommandRefused(Event):
    """A command from the hub was refused, because `rule` does not hold."""

    command: str
    rule: str


class CommandHandled(Event):
    """A command from the hub was handled, but there was nothing to do, so it has no event."""

    command: str


CommandReply: TypeAlias = CommandHandled | CommandRefused
"""What answers a command from the hub that has no event of its own."""

M = TypeVar("M", bound=Message)


def encoded(message: Message) -> dict[str, Any]:
    """Return `message` as the JSON values that are published, by the keys of its fields."""
    return message.model_dump(mode="json", by_alias=True)


def decoded(model: type[M], data: Mapping[str, Any]) -> M:
    """Return the message with published JSON values; raises pydantic's `ValidationError`."""
    return model.model_validate(data, by_alias=True, by_name=False)


def _rename(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Replace the keys of renamed fields in the schema of `model` by their names.

    Pydantic may do this twice with one schema, so it goes by the order of the fields.
    """
    fields = model.model_fields
    if not any(info.alias for info in fields.values()):
        return
    schema["properties"] = dict(zip(fields, schema["properties"].values(), strict=True))
    for name, info in fields.items():
        if info.alias:
            schema["properties"][name]["title"] = name.replace("_", " ").title()
    if required := [name for name, info in fields.items() if info.is_required()]:
        schema["required"] = required


COMMAND_REFUSED = "chassis.CommandRefused.v1"
COMMAND_HANDLED = "chassis.CommandHandled.v1"
COMMAND_REPLIES: Mapping[type[CommandReply], str] = MappingProxyType(
    {CommandRefused: COMMAND_REFUSED, CommandHandled: COMMAND_HANDLED}
)


@dataclass(frozen=True, slots=True)
class MessageType:
    """The type of a message.

    Attributes:
        model: The class of the message.
        name: The CloudEvents type.
        topic: The topic that it is published to.
        subject: The field with the id of the aggregate, or the fields of the key of a stream:
            CloudEvents subject and partition key.
    """

    model: type[Message]
    name: str = field(kw_only=True)
    topic: str = field(kw_only=True)
    subject: str | tuple[str, ...] = field(kw_only=True)

    def subject_of(self, message: Message) -> str:
        """Return the id of what `message` is about; the values of several fields are joined."""
        fields = (self.subject,) if isinstance(self.subject, str) else self.subject
        return "/".join(str(getattr(message, field)) for field in fields)


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
