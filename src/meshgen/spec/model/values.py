"""Fields, types, references and what fills a field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from meshgen.spec.diagnostics import NOWHERE, Position
from meshgen.spec.expressions import Expression
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
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """A closed list of words. `former`: what a renamed member was called before."""

    name: str
    members: tuple[str, ...]
    former: Mapping[str, str] = field(default_factory=dict)
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueObject:
    """A small immutable record shared by services."""

    name: str
    fields: tuple[Field, ...]
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """`target: expression`. Same-named fields that fill themselves are not listed."""

    target: str
    value: Expression
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A named rule that must hold before a command is carried out."""

    name: str
    condition: Expression
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """`unit.Name`: an event, a command, an aggregate or a query, always with its unit."""

    unit: str
    name: str
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """`each: line in lines`: one command for every item, wait for all."""

    variable: str
    items: Expression
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey:
    """A field to sort by."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where a unit keeps its data."""

    engine: str
    at: Position = field(default=NOWHERE, compare=False)
