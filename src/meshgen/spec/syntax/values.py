"""Names, types, fields and assignments, as written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from meshgen.spec.diagnostics import Position
from meshgen.spec.yaml.tree import Node, Scalar


@dataclass(frozen=True, slots=True)
class Word:
    """A name, its position, and the number of characters before it in its scalar (`lead`)."""

    text: str
    at: Position
    lead: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class PathSyntax:
    """A path over HTTP: `/orders/{order_id}/cancel`."""

    text: str
    parameters: tuple[Word, ...]
    at: Position


@dataclass(frozen=True, slots=True)
class FormerPathSyntax:
    """A path that is deprecated since a date."""

    path: PathSyntax
    since: date


@dataclass(frozen=True, slots=True)
class RoleSyntax:
    """A role with access; `reach` is `own` or `any`, None in the short form."""

    name: Word
    reach: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSyntax:
    """`name: type` or `name: {type: ..., min: ...}`; `type` is None if unreadable."""

    name: Word
    type: Scalar | None
    limits: Mapping[str, Scalar] = field(default_factory=dict)
    default: Node | None = None
    renamed_from: Word | None = None


@dataclass(frozen=True, slots=True)
class MemberSyntax:
    """A member of an enum: `shipped`, or `{name: sent, renamed_from: shipped}`."""

    name: Word
    renamed_from: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeSyntax:
    """An enum (`members`) or a value object (`fields`); neither if unreadable."""

    name: Word
    members: tuple[MemberSyntax, ...] | None = None
    fields: tuple[FieldSyntax, ...] | None = None
    renamed_from: Word | None = None


@dataclass(frozen=True, slots=True)
class AssignmentSyntax:
    """`target: expression`; the value is None if unreadable."""

    target: Word
    value: Scalar | None


Assignments = tuple[AssignmentSyntax, ...]
