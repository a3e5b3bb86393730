"""What an example is: a history, a command, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import NAMESPACE_OID, UUID, uuid5

from meshgen.spec.expressions.values import Value

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(days=1)
RECENTLY = NOW - timedelta(hours=1)
LATER = NOW + timedelta(days=1)

FieldValues: TypeAlias = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class ExampleId:
    """An id of the tests: the field that it stands for, and which one it is of that kind."""

    field: str
    number: int = 1

    @property
    def value(self) -> UUID:
        """The id; `chassis.testing.example_id` returns the same one."""
        return uuid5(NAMESPACE_OID, f"{self.field}:{self.number}")


def new_id(number: int) -> UUID:
    """Return the `number`th id that a decision under test makes, as `chassis.testing` does."""
    return UUID(int=number)


def earlier_id(number: int) -> UUID:
    """Return the `number`th id that the given events have from `new_id()`."""
    return UUID(int=0xE000 + number)


@dataclass(frozen=True, slots=True)
class EventValue:
    """An event with all its fields, the aggregate's id first."""

    name: str
    fields: FieldValues


@dataclass(frozen=True, slots=True)
class RowValue:
    """A row of a replica, all its fields, the id first."""

    replica: str
    id: UUID
    fields: FieldValues


@dataclass(frozen=True, slots=True)
class AnswerValue:
    """What a port answers: `call` is the name of the answer in the spec."""

    call: str
    port: str
    operation: str
    arguments: FieldValues
    answer: FieldValues


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Given events (and rows and answers), when a command, then events or a refusal.

    title: in words, without full stop, unique for an aggregate
    input: all fields of the command, the aggregate's id first
    refused: the rule, or None if `then` happens
    """

    title: str
    command: str
    mode: str
    given: tuple[EventValue, ...]
    rows: tuple[RowValue, ...]
    answers: tuple[AnswerValue, ...]
    input: FieldValues
    then: tuple[EventValue, ...]
    refused: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """The examples of an aggregate, in the order of its commands.

    Attributes:
        examples: the examples.
        missing: the command, and the rule or the event for which no example was found.
        ids: what each of the ids in the examples stands for.
    """

    examples: tuple[Example, ...]
    missing: tuple[tuple[str, str], ...]
    ids: Mapping[UUID, ExampleId]
