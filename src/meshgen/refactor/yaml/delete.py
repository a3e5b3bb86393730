"""Delete a node from a spec, with the comments above it and the space around it."""

from __future__ import annotations

from meshgen.refactor.yaml.document import Document, Path, Splice, document, held, spliced
from meshgen.spec.yaml.tree import Mapping, Node, Sequence


def cut(text: str, path: Path, *, hollow: bool = False) -> str:
    """Return `text` without the node at `path`.

    Parents that become empty are deleted, too, unless they may be `hollow`. Blank lines are
    deleted only if the node was set off by them.
    """
    found = document(text)
    parent = found.node(path[:-1])
    assert isinstance(parent, Mapping | Sequence)
    spans = _children(parent)
    index = _index(parent, path[-1])
    if len(spans) == 1 and len(path) > 1 and not hollow:
        return cut(text, path[:-1])
    if parent.flow:
        splice = _from_brackets(found, parent, spans, index)
    else:
        splice = _from_lines(found, spans, index, spaced=not hollow)
    return held(found, spliced(text, [splice]), path, added=False)


def _children(parent: Mapping | Sequence) -> list[tuple[int, int]]:
    """Return the spans of the entries or items."""
    if isinstance(parent, Sequence):
        return [item.span for item in parent.items]
    return [(entry.key.span[0], entry.value.span[1]) for entry in parent.entries]


def _index(parent: Mapping | Sequence, step: str | int) -> int:
    if isinstance(step, int) or isinstance(parent, Sequence):
        return int(step)
    return [entry.key.text for entry in parent.entries].index(step)


def _from_brackets(
    found: Document, parent: Node, spans: list[tuple[int, int]], index: int
) -> Splice:
    """Return the span of one of several items in brackets, including its comma."""
    start, end = spans[index]
    if len(spans) == 1:
        return Splice(start, end, "")
    if index + 1 < len(spans):
        return Splice(start, spans[index + 1][0], "")
    return Splice(spans[index - 1][1], end, "")


def _from_lines(
    found: Document, spans: list[tuple[int, int]], index: int, *, spaced: bool
) -> Splice:
    start = found.line_start(spans[index][0])
    column = _indent(found.line(start))
    end = _end_of_lines(found, spans[index][1], column)
    start = _with_comments_above(found, start, column)
    above, below = _blank_above(found, start), _blank_below(found, end)
    if index + 1 == len(spans) or below == len(found.text):
        if below > end or end == len(found.text):
            start = above
    elif spaced and (above < start or index == 0):
        end = below
    if end == len(found.text) and not found.text.endswith(("\n", "\r")) and start:
        start = found.before_break(start)  # keep a missing final line break missing
    return Splice(start, end, "")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _end_of_lines(found: Document, end: int, column: int) -> int:
    """Return where the lines of a node end, including deeper comments below."""
    done = end if found.column(end) == 0 else found.next_line(end)
    at = done
    while at < len(found.text):
        line = found.line(at)
        at = found.next_line(at)
        if line.lstrip(" ").startswith("#") and _indent(line) > column:
            done = at
        elif line.strip():
            break
    return done


def _with_comments_above(found: Document, start: int, column: int) -> int:
    while start:
        above = found.above(start)
        line = found.line(above)
        if _indent(line) != column or not line.lstrip(" ").startswith("#"):
            break
        start = above
    return start


def _blank_above(found: Document, start: int) -> int:
    while start:
        above = found.above(start)
        if found.line(above).strip():
            break
        start = above
    return start


def _blank_below(found: Document, end: int) -> int:
    while end < len(found.text) and not found.line(end).strip():
        end = found.next_line(end)
    return end
