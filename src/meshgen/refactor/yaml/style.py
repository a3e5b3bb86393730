"""The layout of a spec, so that insertions match it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meshgen.refactor.yaml.document import Document
from meshgen.spec.yaml.tree import Mapping, Node, Scalar, Sequence

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Style:
    """The layout of a file.

    Attributes:
        step: Columns per level of indentation.
        dash: Columns from a key to the dashes of its list.
        flow: Whether small mappings are written in braces.
        brackets: Whether lists of words are written in brackets.
        quoted: Whether every string is quoted: the file is JSON.
        spaced: Whether units are separated by blank lines.
    """

    step: int = 2
    dash: int = 2
    flow: bool = True
    brackets: bool = True
    quoted: bool = False
    spaced: bool = True


def style_of(document: Document) -> Style:
    """Detect the style of a file from its first nodes."""
    steps = next(_steps(document, document.root), 2)
    return Style(
        step=steps,
        dash=next(_dashes(document, document.root), steps),
        flow=any(node.flow for node in _mappings(document.root)),
        brackets=_has_brackets(document.root),
        quoted=document.root.flow and _is_quoted(document, document.root.entries[0].key),
        spaced=_is_spaced(document),
    )


def _steps(document: Document, node: Node) -> Iterator[int]:
    """Yield the indentation of keys below keys."""
    for entry in node.entries if isinstance(node, Mapping) and not node.flow else ():
        value = entry.value
        if isinstance(value, Mapping) and not value.flow and value.entries:
            first = value.entries[0].key
            yield document.column(first.span[0]) - document.column(entry.key.span[0])
            yield from _steps(document, value)


def _dashes(document: Document, node: Node) -> Iterator[int]:
    """Yield the indentation of dashes below keys."""
    for entry in node.entries if isinstance(node, Mapping) and not node.flow else ():
        value = entry.value
        if isinstance(value, Sequence) and not value.flow:
            yield document.column(value.span[0]) - document.column(entry.key.span[0])
        yield from _dashes(document, value)


def _mappings(node: Node) -> Iterator[Mapping]:
    """Yield every mapping that is not empty."""
    if isinstance(node, Mapping):
        if node.entries:
            yield node
        for entry in node.entries:
            yield from _mappings(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _mappings(item)


def _has_brackets(root: Mapping) -> bool:
    """Tell whether lists of words are written in brackets; true if there are none."""
    values = (entry.value for mapping in _mappings(root) for entry in mapping.entries)
    lists = [value for value in values if isinstance(value, Sequence) and value.items]
    words = [found for found in lists if isinstance(found.items[0], Scalar)]
    return any(found.flow for found in words) or not words


def _is_quoted(document: Document, key: Scalar) -> bool:
    return document.text[key.span[0]] == '"'


def _is_spaced(document: Document) -> bool:
    """Tell whether blank lines separate the services, or else the sections."""
    for node in (document.node(("services",)), document.root):
        entries = node.entries if isinstance(node, Mapping) and not node.flow else ()
        starts = [document.line_start(entry.key.span[0]) for entry in entries[1:]]
        if starts:
            return any(is_blank_before(document, start) for start in starts)
    return False


def is_blank_before(document: Document, start: int) -> bool:
    """Tell whether a blank line precedes the line at `start` and the comments above it."""
    while start:
        start = document.above(start)
        line = document.line(start).strip()
        if not line.startswith("#"):
            return not line
    return False
