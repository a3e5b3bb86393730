"""A spec as text and tree at once: where something stands, and how its text is changed there.

Why the text is spliced, and not loaded and dumped by a YAML library that keeps comments: dumping
writes the whole file anew, so it evens out indentation, columns of comments, wrapped brackets and
line ends wherever they are not as it would write them. A splice leaves all other bytes alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from meshgen.errors import MeshgenError
from meshgen.refactor.errors import RefusedEditError
from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Entry, Mapping, Node, Scalar, Sequence

Path: TypeAlias = tuple[str | int, ...]
Shape: TypeAlias = "tuple[tuple[str, Shape], ...] | list[Shape] | tuple[str, str]"

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_BREAKS = "\n\r\x85\u2028\u2029"


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `text` in the place of the characters from `start` to `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A spec's text and its tree."""

    text: str
    root: Mapping

    def node(self, path: Path) -> Node:
        """What stands at `path`. Raises KeyError when there is nothing."""
        found: Node = self.root
        for step in path:
            found = child(found, step)
        return found

    def key(self, path: Path) -> Scalar:
        """The key of the entry at `path`. Raises KeyError when there is none."""
        return entry(self.node(path[:-1]), str(path[-1])).key

    def has(self, path: Path) -> bool:
        """Whether there is something at `path`."""
        try:
            self.node(path)
        except KeyError:
            return False
        return True

    def line_start(self, offset: int) -> int:
        """Where the line of the character at `offset` begins."""
        while offset and self.text[offset - 1] not in _BREAKS:
            offset -= 1
        return offset

    def line_end(self, offset: int) -> int:
        """Where the line of the character at `offset` ends, in front of its line break."""
        found = _BREAK.search(self.text, offset)
        return found.start() if found else len(self.text)

    def next_line(self, offset: int) -> int:
        """Where the line behind that of `offset` begins; the end of the text if there is none."""
        found = _BREAK.search(self.text, offset)
        return found.end() if found else len(self.text)

    def above(self, start: int) -> int:
        """Where the line above that which begins at `start` begins."""
        return self.line_start(self.before_break(start))

    def before_break(self, start: int) -> int:
        """Where the line above that which begins at `start` ends."""
        return start - (2 if self.text.endswith("\r\n", 0, start) else 1)

    def line(self, start: int) -> str:
        """The line that begins at `start`, without its line break."""
        return self.text[start : self.line_end(start)]

    def line_break(self, offset: int) -> str:
        """How lines end around `offset`."""
        found = _BREAK.search(self.text, offset) or _BREAK.search(self.text)
        return found[0] if found and found[0] in ("\r\n", "\n", "\r") else "\n"

    def column(self, offset: int) -> int:
        """The number of characters in front of `offset` in its line."""
        return offset - self.line_start(offset)


def document(text: str) -> Document:
    """Read `text`. Raises `RefusedEditError` when it is not YAML."""
    root, findings = load(text)
    if root is None or findings:
        raise RefusedEditError("it cannot be read", text, tuple(findings))
    return Document(text, root)


def child(node: Node, step: str | int) -> Node:
    """The value under a key, or an item of a list. Raises KeyError."""
    if isinstance(step, str):
        return entry(node, step).value
    if isinstance(node, Sequence) and step < len(node.items):
        return node.items[step]
    raise KeyError(step)


def entry(node: Node, key: str) -> Entry:
    """The entry of a mapping under `key`. Raises KeyError."""
    for found in node.entries if isinstance(node, Mapping) else ():
        if found.key.text == key:
            return found
    raise KeyError(key)


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """`text` with all `splices` made; no two of them overlap."""
    parts: list[str] = []
    done = 0
    for splice in sorted(splices, key=lambda s: (s.start, s.end)):
        if splice.start < done:
            raise ValueError("splices overlap")
        parts += text[done : splice.start], splice.text
        done = splice.end
    return "".join([*parts, text[done:]])


def shape(node: Node, without: Path = ()) -> Shape:
    """What `node` says, however it is written, but for what stands at the path `without`.

    Nothing at all is as good as `{}`.
    """
    if isinstance(node, Mapping):
        return tuple(
            (e.key.text, shape(e.value, without[1:] if without[:1] == (e.key.text,) else ()))
            for e in node.entries
            if without != (e.key.text,)
        )
    if isinstance(node, Sequence):
        return [
            shape(item, without[1:] if without[:1] == (index,) else ())
            for index, item in enumerate(node.items)
            if without != (index,)
        ]
    assert isinstance(node, Scalar)
    return (repr(node.value), node.text) if node.text else ()


def held(before: Document, text: str, path: Path, *, added: bool) -> str:
    """`text`, after `path` was added to (or removed from) `before`: nothing else may have changed.

    Raises `MeshgenError` when something did: then the file is written in a way that this module
    does not know.
    """
    root, findings = load(text)
    if root is not None and not findings:
        after = Document(text, root)
        fuller, other = (after, before) if added else (before, after)
        if fuller.has(path) and shape(fuller.root, path) == shape(other.root):
            return text
    at = before.node(path[:-1]).at if before.has(path[:-1]) else before.root.at
    raise MeshgenError(
        f"line {at.line} is written in a way that cannot be edited by a command",
        "write it over several lines, one key a line, or make the change by hand",
    )
