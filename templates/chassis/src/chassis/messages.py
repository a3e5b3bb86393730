"""The messages of a system: commands and events, and the catalog that says how they travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema

_NAMES = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=False)


class Value(BaseModel):
    """A value object inside messages. The alias of a renamed field is its key on the wire."""

    model_config = _NAMES

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe it by its names: HTTP has nothing to do with keys on the wire."""
        schema = handler(core_schema)
        _rename(handler.resolve_ref_schema(schema), cls)
        return schema


class Message(Value):
    """What travels between units."""


class Command(Message):
    """An intention, in the imperative. Fields it does not know are an error of the sender."""

    model_config = ConfigDict(extra="forbid")


class Event(Message):
    """Something that happened, in the past tense. A tolerant reader: unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore")


class CommandRefused(Event):
    """A command that came over the hub was refused: `rule` was broken. Caused by the command."""

    command: str
    rule: str


M = TypeVar("M", bound=Message)


def encoded(message: Message) -> dict[str, Any]:
    """Return `message` as JSON values, as it is on the wire: by the keys of its fields."""
    return message.model_dump(mode="json", by_alias=True)


def decoded(model: type[M], data: Mapping[str, Any]) -> M:
    """Return the message that `encoded` made `data` of; raises pydantic's `ValidationError`."""
    return model.model_validate(data, by_alias=True, by_name=False)


def _rename(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Put names where the schema of `model` has the keys of renamed fields."""
    names = {field.alias: name for name, field in model.model_fields.items() if field.alias}
    if not names:
        return
    properties = schema["properties"]
    for key, name in names.items():
        properties[key]["title"] = name.replace("_", " ").title()
    schema["properties"] = {names.get(key, key): value for key, value in properties.items()}
    if "required" in schema:
        schema["required"] = [names.get(key, key) for key in schema["required"]]


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
