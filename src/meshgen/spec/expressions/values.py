"""The values that expressions are evaluated with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True)
class EnumValue:
    """A member of an enum of the spec."""

    enum: str
    member: str


@dataclass(frozen=True, slots=True)
class Record:
    """A value object of the spec; `fields` are all of its fields, in the spec's order."""

    type: str
    fields: tuple[tuple[str, Value], ...]

    def __getitem__(self, name: str) -> Value:
        for key, value in self.fields:
            if key == name:
                return value
        raise KeyError(name)


Value: TypeAlias = (
    "bool | int | float | Decimal | str | UUID | date | datetime | EnumValue | Record"
    " | list[Value] | dict[Value, Value] | None"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bindings:
    """The values of names in an expression.

    values: by kind of variable, then by name
    answers: by the name of the port call, then by field
    replicas: by replica, then by id: the fields of a row
    """

    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    replicas: Mapping[str, Mapping[UUID, Mapping[str, Value]]] = field(default_factory=dict)


class EvaluationError(Exception):
    """An expression has no value here: a missing key, a division by zero, a missing state."""


class RowMissingError(EvaluationError):
    """A replica has no row for an id."""

    def __init__(self, replica: str, key: UUID) -> None:
        super().__init__(f"{replica} has no row {key}")
        self.replica = replica
        self.key = key


@dataclass(frozen=True, slots=True)
class Impure:
    """Where `now()` and `new_id()` come from."""

    now: datetime
    new_id: Callable[[], UUID]


def moment(text: str) -> datetime:
    """Return the time that `text` (ISO 8601) names, in UTC, which is the default.

    Raises:
        ValueError: It names none, or none of the years 1 to 9999 in UTC.
    """
    found = datetime.fromisoformat(text)
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(text) from error
