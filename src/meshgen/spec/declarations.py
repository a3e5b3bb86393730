"""What a spec declares and an expression is checked against: fields, enums, value objects."""

from __future__ import annotations

from dataclasses import dataclass, field

from meshgen.spec.diagnostics import NOWHERE, Position
from meshgen.spec.types import Type


class Missing:
    """The type of `MISSING`: no default was given (`None` is a default of its own)."""


MISSING = Missing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a message, a state, a row or a value object."""

    name: str
    type: Type
    min: int | float | None = None
    max: int | float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    min_items: int | None = None
    max_items: int | None = None
    default: object = MISSING
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """A closed list of words."""

    name: str
    members: tuple[str, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueObject:
    """A small immutable record shared by services."""

    name: str
    fields: tuple[Field, ...]
    at: Position = field(default=NOWHERE, compare=False)
