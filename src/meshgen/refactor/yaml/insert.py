"""Insert nodes into a spec, next to similar ones and in their style."""

from __future__ import annotations

from collections.abc import Sequence as Order

from meshgen.errors import MeshgenError
from meshgen.refactor.yaml.document import Document, Path, Splice, document, held, spliced
from meshgen.refactor.yaml.emit import Value, entry_lines, flow, flow_entry, item_lines, scalar
from meshgen.refactor.yaml.style import Style, is_blank_before, style_of
from meshgen.spec.yaml.tree import Entry, Mapping, Node, Scalar, Sequence


def put(text: str, path: Path, value: Value, order: Order[str] = ()) -> str:
    """Return `text` with the entry `path` added to its parent mapping.

    It is added at the end, or after the keys that precede it in `order`. Missing parents are
    created.
    """
    *above, key = path
    assert isinstance(key, str)
    found = document(text)
    if found.has(path):
        line = found.key(path).at.line
        raise MeshgenError(f"`{key}` already exists in line {line}", "choose another name")
    if not found.has(tuple(above)):
        return put(text, tuple(above), {key: value}, order)
    parent = found.node(tuple(above))
    if not isinstance(parent, Mapping) or not parent.entries:
        splice = _filled(found, parent, {key: value})
    elif parent.flow:
        splice = _in_braces(
            found, parent, _before(parent, key, order), flow_entry(key, value, style_of(found))
        )
    else:
        splice = _in_lines(found, parent, _before(parent, key, order), key, value)
    return held(found, spliced(text, [splice]), path, added=True)


def append(text: str, path: Path, value: Value) -> str:
    """Return `text` with an item appended to the list at `path`."""
    found = document(text)
    parent = found.node(path)
    assert isinstance(parent, Sequence)
    count = len(parent.items)
    if not count:
        splice = Splice(*parent.span, flow([value], style_of(found)))
    elif parent.flow:
        splice = _behind(found, parent.items[-1], flow(value, style_of(found)))
    else:
        column = found.column(parent.span[0])
        splice = _below(found, parent.items[-1], item_lines(value, column, style_of(found)), column)
    return held(found, spliced(text, [splice]), (*path, count), added=True)


def put_first(text: str, path: Path, value: str) -> str:
    """Return `text` with the entry `path` as the first of its parent mapping."""
    *above, key = path
    assert isinstance(key, str)
    found = document(text)
    parent = found.node(tuple(above))
    if not isinstance(parent, Mapping) or not parent.entries:
        splice = _filled(found, parent, {key: value})
    elif parent.flow:
        splice = _first_in_braces(found, parent, flow_entry(key, value, style_of(found)))
    else:
        column = found.column(parent.entries[0].key.span[0])
        start = _first_line(found, tuple(above))
        line = " " * column + f"{key}: {scalar(value)}" + found.line_break(start)
        splice = Splice(start, start, line)
    return held(found, spliced(text, [splice]), path, added=True)


def _first_in_braces(found: Document, parent: Mapping, new: str) -> Splice:
    """Insert before the first entry, on a line of its own if that is on one.

    What is above, an empty line or a comment, stays there when the new entry is deleted again.
    """
    start, first = parent.span[0] + 1, parent.entries[0].key.span[0]
    if found.line_end(start) > first:
        return Splice(first, first, new + ", ")
    above = found.line_start(first)
    pad = found.text[above:first]
    return Splice(above, above, pad + new + "," + found.line_break(start))


def _first_line(found: Document, path: Path) -> int:
    """Return the start of the first line below a key, above its comments."""
    return found.next_line(found.key(path).span[1])


def _before(parent: Mapping, key: str, order: Order[str]) -> Entry:
    """Return the entry after which `key` belongs."""
    earlier = order[: order.index(key)] if key in order else [e.key.text for e in parent.entries]
    before = [entry for entry in parent.entries if entry.key.text in earlier]
    return before[-1] if before else parent.entries[-1]


def _filled(found: Document, node: Node, value: dict[str, Value]) -> Splice:
    """Insert the first entry of a mapping that is `{}` or empty."""
    start, end = node.span
    gap = " " if isinstance(node, Scalar) and found.text[start - 1 : start] == ":" else ""
    return Splice(start, end, gap + flow(value, style_of(found)))


def _in_braces(found: Document, parent: Mapping, before: Entry, new: str) -> Splice:
    if before.value.span[0] == before.value.span[1] and isinstance(before.value, Scalar):
        # some parsers reject `{a:, b}`; `{a: , b}` is safe
        return Splice(*before.value.span, " , " + new)
    return _behind(found, before.value, new)


def _behind(found: Document, last: Node, new: str) -> Splice:
    """Insert inside brackets after `last`, on a separate line if `last` is."""
    end = last.span[1]
    start = found.line_start(last.span[0])
    lead = found.text[start : last.span[0]]
    key = lead.strip()
    alone = not key or (key.endswith(":") and not set(key) & set("{[,"))
    if not alone:
        return Splice(end, end, ", " + new)
    pad = lead[: len(lead) - len(lead.lstrip())]
    rest = found.text[end : found.line_end(end)]
    comma = rest.lstrip().startswith(",")
    if not rest.lstrip(" ,").startswith("#"):
        return Splice(end, end, "," + found.line_break(end) + pad + new)
    # a comment stays on its line
    stop = found.line_end(end)
    line = found.line_break(end) + pad + new
    return Splice(end, stop, ("" if comma else ",") + rest + line + ("," if comma else ""))


def _in_lines(found: Document, parent: Mapping, before: Entry, key: str, value: Value) -> Splice:
    column = found.column(before.key.span[0])
    style = style_of(found)
    lines = entry_lines(key, value, column, style)
    spaced = len(lines) > 1 and _is_spaced(found, parent, style)
    return _below(found, before.value, [""] * spaced + lines, column)


def _is_spaced(found: Document, parent: Mapping, style: Style) -> bool:
    """Tell whether the entries of `parent` are separated by blank lines."""
    starts = [found.line_start(entry.key.span[0]) for entry in parent.entries[1:]]
    if starts:
        return any(is_blank_before(found, start) for start in starts)
    return style.spaced and found.column(parent.span[0]) <= style.step


def _below(found: Document, last: Node, lines: list[str], column: int) -> Splice:
    """Insert in block style below `last` and its comments."""
    text, end = found.text, last.span[1]
    at = end if end and found.column(end) == 0 else found.next_line(end)
    while at < len(text):
        line = found.line(at)
        if not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) < column:
            break
        at = found.next_line(at)
    break_ = found.line_break(end)
    if at == len(text) and not text.endswith(("\n", "\r")):
        return Splice(at, at, break_ + break_.join(lines))
    return Splice(at, at, "".join(line + break_ for line in lines))
