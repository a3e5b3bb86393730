"""Examples: a history, a command, and its outcome."""

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
    """An id in tests: the field it belongs to, and a number."""

    field: str
    number: int = 1

    @property
    def value(self) -> UUID:
        """The id, as returned by `chassis.testing.example_id`."""
        return uuid5(NAMESPACE_OID, f"{self.field}:{self.number}")


def new_id(number: int) -> UUID:
    """Return the nth id that a decision under test generates, as in `chassis.testing`."""
    return UUID(int=number)


def earlier_id(number: int) -> UUID:
    """Return the nth generated id in the given events."""
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
    """The response of a port; `call` is its name in the spec."""

    call: str
    port: str
    operation: str
    arguments: FieldValues
    answer: FieldValues


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Given events (and rows and answers), when a command, then events or a refusal.

    Attributes:
        title: A phrase that is unique for the aggregate.
        command: The name of the command.
        mode: The mode of the command.
        given: The history.
        rows: The rows that the command reads.
        answers: The responses of ports.
        input: The fields of the command, the aggregate's id first.
        then: The emitted events.
        refused: The broken rule, None if the command succeeds.
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
        examples: The examples.
        missing: Commands with the rules or events for which no example was found.
        ids: The meaning of the ids in the examples.
    """

    examples: tuple[Example, ...]
    missing: tuple[tuple[str, str], ...]
    ids: Mapping[UUID, ExampleId]
