"""References, and what fills a field."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from meshgen.spec.diagnostics import NOWHERE, Position
from meshgen.spec.expressions import Expression


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


@dataclass(frozen=True, slots=True)
class FormerPath:
    """A path over HTTP that is still answered, but deprecated since a date."""

    path: str
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where a unit keeps its data."""

    engine: str
    at: Position = field(default=NOWHERE, compare=False)
