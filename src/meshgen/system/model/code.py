"""Pieces of Python source for calls, dataclasses and cases."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """`from module import names`; the formatter removes unused names."""

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
    """A renamed field, and the key under which it is still stored."""

    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """`name = value`, both as Python source."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A guard: the condition as Python source, and the name of the rule.

    `negated` is the opposite of a condition that asks whether values are there: a type checker
    knows from `if value is None: refuse(...)` that the value is there afterwards.
    """

    name: str
    condition: str
    negated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One outcome of a command; `keyword` is `if ...`, `elif ...`, `else`, or None."""

    keyword: str | None
    event: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCase:
    """A case of `decide`: opening line, lookups, guards, calls of ports and branches."""

    name: str
    opening: str | None
    lookups: tuple[Bound, ...]
    rules: tuple[Rule, ...]
    questions: tuple[Bound, ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCase:
    """A case of `evolve` or of a projection: an optional opening line, and the result."""

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
    """A route of the HTTP table: its helper, path and options.

    `example` is the path with `ID` as its id, as Python source.
    """

    helper: str
    path: str
    example: str
    kind: str
    options: tuple[Argument, ...]

    @property
    def public(self) -> bool:
        """Whether callers need no token."""
        return any(option.name == "public" for option in self.options)
