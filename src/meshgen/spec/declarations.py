"""Declarations of a spec: fields, enums and value objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from meshgen.spec.diagnostics import NOWHERE, Position
from meshgen.spec.types import Type


class Missing:
    """The type of `MISSING`: no default, as opposed to the default `None`."""


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
    """An enum; `former` maps renamed members to their former names."""

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
