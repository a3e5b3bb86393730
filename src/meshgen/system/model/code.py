"""Pieces of Python source: what templates put into calls, dataclasses and cases."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """`from module import names`: all that a unit's files may need; formatting drops the rest."""

    module: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A field of a dataclass: its annotation and default as Python source."""

    name: str
    annotation: str
    default: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A keyword argument of a call, its value as Python source."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`Name(argument=value, ...)`."""

    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAs:
    """A renamed field, and the key that it goes on having in what is stored."""

    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """`name = value`, both as Python source."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A guard: the condition as Python source and the name of the rule it stands for.

    `negated` is the opposite of a condition that asks whether values are there: a type checker
    knows from `if value is None: refuse(...)` that the value is there afterwards.
    """

    name: str
    condition: str
    negated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One outcome of a command: `keyword` is `if ...`, `elif ...`, `else`; None if only."""

    keyword: str | None
    event: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCase:
    """A case of `decide`: what it opens with, what it looks up, what it requires and yields."""

    name: str
    opening: str | None
    lookups: tuple[Bound, ...]
    rules: tuple[Rule, ...]
    questions: tuple[Bound, ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCase:
    """One case of `evolve` or of a projection: an optional opening line, then what is returned."""

    name: str
    opening: str | None
    returns: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """`for variable in iterable`, both as Python source; `annotation` is the variable's type."""

    variable: str
    iterable: str
    annotation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route of the HTTP table: the helper that makes it, its path and its options.

    `example` is the path with an `ID` in it, as Python source.
    """

    helper: str
    path: str
    example: str
    kind: str
    options: tuple[Argument, ...]
