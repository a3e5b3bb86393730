"""A spec as text and tree: positions of nodes, and splices of the text.

The text is spliced rather than loaded and dumped by a YAML library that preserves comments: a dump
rewrites the whole file and normalizes indentation, comment columns, wrapped brackets and line
endings. A splice leaves all other bytes unchanged.
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
    """Replace the characters from `start` to `end` with `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a spec and its tree."""

    text: str
    root: Mapping

    def node(self, path: Path) -> Node:
        """Return the node at `path`; raise KeyError if there is none."""
        found: Node = self.root
        for step in path:
            found = child(found, step)
        return found

    def key(self, path: Path) -> Scalar:
        """Return the key of the entry at `path`; raise KeyError if there is none."""
        return entry(self.node(path[:-1]), str(path[-1])).key

    def has(self, path: Path) -> bool:
        """Tell whether there is a node at `path`."""
        try:
            self.node(path)
        except KeyError:
            return False
        return True

    def line_start(self, offset: int) -> int:
        """Return the start of the line that contains `offset`."""
        while offset and self.text[offset - 1] not in _BREAKS:
            offset -= 1
        return offset

    def line_end(self, offset: int) -> int:
        """Return the end of the line that contains `offset`, before its line break."""
        found = _BREAK.search(self.text, offset)
        return found.start() if found else len(self.text)

    def next_line(self, offset: int) -> int:
        """Return the start of the line after that of `offset`, or the end of the text."""
        found = _BREAK.search(self.text, offset)
        return found.end() if found else len(self.text)

    def above(self, start: int) -> int:
        """Return the start of the line above the one at `start`."""
        return self.line_start(self.before_break(start))

    def before_break(self, start: int) -> int:
        """Return the end of the line above the one at `start`."""
        return start - (2 if self.text.endswith("\r\n", 0, start) else 1)

    def line(self, start: int) -> str:
        """Return the line at `start`, without its line break."""
        return self.text[start : self.line_end(start)]

    def line_break(self, offset: int) -> str:
        """Return the line ending used at `offset`."""
        found = _BREAK.search(self.text, offset) or _BREAK.search(self.text)
        return found[0] if found and found[0] in ("\r\n", "\n", "\r") else "\n"

    def column(self, offset: int) -> int:
        """Return the number of characters before `offset` in its line."""
        return offset - self.line_start(offset)


def document(text: str) -> Document:
    """Parse `text`.

    Raises:
        RefusedEditError: It is not YAML.
    """
    root, findings = load(text)
    if root is None or findings:
        raise RefusedEditError("the spec cannot be read", text, tuple(findings))
    return Document(text, root)


def child(node: Node, step: str | int) -> Node:
    """Return the value of a key, or an item of a list; raise KeyError if there is none."""
    if isinstance(step, str):
        return entry(node, step).value
    if isinstance(node, Sequence) and step < len(node.items):
        return node.items[step]
    raise KeyError(step)


def entry(node: Node, key: str) -> Entry:
    """Return the entry of a mapping; raise KeyError if there is none."""
    for found in node.entries if isinstance(node, Mapping) else ():
        if found.key.text == key:
            return found
    raise KeyError(key)


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Apply non-overlapping `splices` to `text`."""
    parts: list[str] = []
    done = 0
    for splice in sorted(splices, key=lambda s: (s.start, s.end)):
        if splice.start < done:
            raise ValueError("splices overlap")
        parts += text[done : splice.start], splice.text
        done = splice.end
    return "".join([*parts, text[done:]])


def shape(node: Node, without: Path = ()) -> Shape:
    """Return the content of `node` regardless of layout, leaving out the path `without`.

    Nothing and `{}` are the same.
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
    """Return `text`, checking that only `path` was added to (or removed from) `before`.

    Raises:
        MeshgenError: Something else changed: the file has a layout that this module cannot edit.
    """
    root, findings = load(text)
    if root is not None and not findings:
        after = Document(text, root)
        fuller, other = (after, before) if added else (before, after)
        if fuller.has(path) and shape(fuller.root, path) == shape(other.root):
            return text
    at = before.node(path[:-1]).at if before.has(path[:-1]) else before.root.at
    raise MeshgenError(
        f"line {at.line} has a layout that commands cannot edit",
        "write it with one key per line, or edit it by hand",
    )
