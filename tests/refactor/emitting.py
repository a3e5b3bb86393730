"""Specs written in any style that YAML has: the same content, another text."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import strategies as st

from meshgen.refactor.yaml.emit import scalar
from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Mapping, Node, Scalar, Sequence

COMMENTS = ("# why", "# TODO: order, shipping & more", "#", "# {flow: [not]}")


def content(text: str) -> Any:
    """The content of a YAML text: dicts, lists and the texts of scalars."""
    root, findings = load(text)
    assert root is not None
    assert not findings
    return _plain(root)


def _plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {entry.key.text: _plain(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    return Written(node.text, quoted=isinstance(node.value, str))


class Written(str):
    """The text of a scalar; `quoted` says that it may stand in quotes and mean the same."""

    quoted: bool

    def __new__(cls, text: str, *, quoted: bool) -> Written:
        found = super().__new__(cls, text)
        found.quoted = quoted
        return found


@dataclass(slots=True)
class Emitter:
    """Writes content in a style that `random` chooses anew at every place."""

    random: Random
    step: int
    dash: int
    comments: bool
    lines: list[str] = field(default_factory=list)

    def emit(self, value: Any) -> list[str]:
        """The lines of a document."""
        self._mapping(value, 0)
        return self.lines

    def _chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def _line(self, indent: int, text: str) -> None:
        if self.comments and self._chance(12):
            comment = self.random.choice(COMMENTS)
            self.lines.append(" " * indent + comment)
        if self._chance(10):
            self.lines.append("  " if self._chance(5) else "")
        if self.comments and self._chance(12):
            text += self.random.choice(("  # here", " #", "   # a: {b"))
        self.lines.append(" " * indent + text)

    def _mapping(self, value: dict[str, Any], indent: int, first: str = "") -> None:
        for key, inner in value.items():
            head = first + self._scalar(key, inside=False, key=True) + ":"
            pad = indent - len(first)
            first = ""
            if isinstance(inner, str):
                gap = " " * self.random.choice((1, 1, 1, 3))
                written = self._scalar(inner, inside=False)
                self._line(pad, f"{head}{gap}{written}" if written else head)
            elif not inner or self._chance(3):
                self._flow(pad, head + " ", inner)
            elif isinstance(inner, dict):
                self._line(pad, head)
                self._mapping(inner, indent + self.step)
            else:
                self._line(pad, head)
                for item in inner:
                    self._item(item, indent + self.dash)

    def _item(self, value: Any, indent: int) -> None:
        if isinstance(value, str):
            self._line(indent, "- " + self._scalar(value, inside=False))
        elif isinstance(value, dict) and value and not self._chance(2):
            self._mapping(value, indent + 2, "- ")
        else:
            self._flow(indent, "- ", value)

    def _flow(self, indent: int, head: str, value: Any) -> None:
        """In braces: on one line, or an entry a line."""
        if not value or not self._chance(3):
            self._line(indent, head + self._braces(value))
            return
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        self._line(indent, head + opening)
        count = len(value)
        items = value.items() if isinstance(value, dict) else [(None, v) for v in value]
        for index, (key, inner) in enumerate(items):
            name = f"{self._scalar(key, inside=True, key=True)}: " if key is not None else ""
            comma = "," if index < count - 1 or self._chance(3) else ""
            self._line(indent + 4, name + self._braces(inner) + comma)
        self.lines.append(" " * (indent + 2) + closing)

    def _braces(self, value: Any) -> str:
        if isinstance(value, str):
            return self._scalar(value, inside=True)
        comma = self.random.choice((", ", ", ", ",  "))
        end = self.random.choice(("", "", " ", ","))
        if isinstance(value, dict):
            pairs = (
                f"{self._scalar(k, inside=True, key=True)}: {self._braces(v)}"
                for k, v in value.items()
            )
            inner = comma.join(pairs)
            return "{" + inner + (end if inner else "") + "}"
        inner = comma.join(self._braces(v) for v in value)
        return "[" + inner + (end if inner else "") + "]"

    def _scalar(self, text: str, *, inside: bool, key: bool = False) -> str:
        may_quote = key or getattr(text, "quoted", False)
        plain = scalar(text, inside=inside) if text else '""' if may_quote else ""
        if not may_quote or not self._chance(8):
            return plain
        return self.random.choice((_double(text), _single(text), _escaped(text)))


def _double(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _escaped(text: str) -> str:
    """With the first letter as an escape, so that what is written is not what is meant."""
    return f'"\\x{ord(text[0]):02x}{_double(text[1:])[1:]}' if text else '""'


def styled(texts: tuple[str, ...]) -> st.SearchStrategy[str]:
    """One of `texts`, written in some style, with some line ends, with or without a last one.

    A seed stands for all the choices: there are thousands, far too many to shrink one by one.
    """
    seeds = st.integers(0, 2**32)
    return st.builds(_styled, st.sampled_from(texts), seeds)


def _styled(text: str, seed: int) -> str:
    random = Random(seed)
    step = random.choice((2, 2, 3, 4))
    dash = random.choice((0, 2, step))
    comments = random.choice((True, False))
    lines = Emitter(random, step, dash, comments).emit(content(text))
    end = random.choice(("\n", "\n", "\r\n"))
    last = random.choice((end, end, "", end + end))
    mark = random.choice(("", "", "\ufeff"))
    return mark + end.join(lines) + last
