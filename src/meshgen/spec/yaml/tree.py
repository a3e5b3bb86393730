"""The tree of a YAML text, with the position of every key and value.

`span` are the offsets in the text of the first character of a node and of the one after its last,
including quotes and brackets. Nodes that are not from a text have none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from meshgen.spec.diagnostics import Position
from meshgen.unicode import printable

Plain: TypeAlias = str | int | float | Decimal | bool | None
Span: TypeAlias = tuple[int, int]

NO_SPAN: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar; `text` is its content, `value` the resolved value.

    `shift` is the number of columns between `at` and the first character of `text` (1 after a
    quote), or None if `text` differs from its source (escapes, folded lines). `lead` is the number
    of characters before it in the scalar that it is a part of.
    """

    text: str
    value: Plain
    at: Position
    shift: int | None = None
    span: Span = field(default=NO_SPAN, compare=False)
    lead: int = field(default=0, compare=False)

    def inside(self, offset: int) -> Position:
        """Return the position of the character `offset` of `text`, as exactly as possible."""
        if self.shift is None:
            return self.at
        return Position(self.at.line, self.at.column + self.shift + offset)

    def part(self, start: int, end: int) -> Scalar:
        """Return the characters from `start` to `end` as a scalar with its own position."""
        text = self.text[start:end]
        if self.shift is None:
            return Scalar(text, text, self.at, lead=self.lead + start)
        return Scalar(text, text, self.inside(start), 0, lead=self.lead + start)


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping in the order of the file.

    `partial`: some entries could not be read; `flow`: written in braces.
    """

    entries: tuple[Entry, ...]
    at: Position
    partial: bool = False
    flow: bool = field(default=False, compare=False)
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence; `flow`: written in brackets."""

    items: tuple[Node, ...]
    at: Position
    flow: bool = field(default=False, compare=False)
    span: Span = field(default=NO_SPAN, compare=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """A value that already has a finding; it gets no more."""

    at: Position
    span: Span = field(default=NO_SPAN, compare=False)


Node: TypeAlias = Scalar | Mapping | Sequence | Broken


def shape(node: Node) -> str:
    """Describe a node in words."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Broken):
        return "unreadable"
    if node.value is None:
        return "empty"
    if isinstance(node.value, bool):
        return f"`{node.text}`"
    if isinstance(node.value, str):
        return f"the string `{printable(node.text)}`"
    return f"the number {node.text}"
