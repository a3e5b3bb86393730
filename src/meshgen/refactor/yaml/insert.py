"""Put something new into a spec, where its like stands and in its style."""

from __future__ import annotations

from collections.abc import Sequence as Order

from meshgen.errors import MeshgenError
from meshgen.refactor.yaml.document import Document, Path, Splice, document, held, spliced
from meshgen.refactor.yaml.emit import Value, entry_lines, flow, flow_entry, item_lines, scalar
from meshgen.refactor.yaml.style import Style, is_blank_before, style_of
from meshgen.spec.yaml.tree import Entry, Mapping, Node, Scalar, Sequence


def put(text: str, path: Path, value: Value, order: Order[str] = ()) -> str:
    """`text` with the entry `path` added to the mapping above it.

    It comes last there, or behind those keys that `order` has before it. Where the mapping above is
    empty or absent, too, it is made.
    """
    *above, key = path
    assert isinstance(key, str)
    found = document(text)
    if found.has(path):
        line = found.key(path).at.line
        raise MeshgenError(f"`{key}` is there already, in line {line}", "choose another name")
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
    """`text` with an item added to the list at `path`."""
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
    """`text` with the entry `path` in front of all others in the mapping above it."""
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
    """Behind the brace, or on the line below it if that is where the first entry is."""
    start, first = parent.span[0] + 1, parent.entries[0].key.span[0]
    if found.line_end(start) > first:
        return Splice(first, first, new + ", ")
    line = found.line(found.line_start(first))
    pad = line[: len(line) - len(line.lstrip())]
    below = found.next_line(start)
    return Splice(below, below, pad + new + "," + found.line_break(start))


def _first_line(found: Document, path: Path) -> int:
    """Where the first line below a key begins, on top of the comments there."""
    return found.next_line(found.key(path).span[1])


def _before(parent: Mapping, key: str, order: Order[str]) -> Entry:
    """The entry behind which `key` belongs."""
    earlier = order[: order.index(key)] if key in order else [e.key.text for e in parent.entries]
    before = [entry for entry in parent.entries if entry.key.text in earlier]
    return before[-1] if before else parent.entries[-1]


def _filled(found: Document, node: Node, value: dict[str, Value]) -> Splice:
    """The first entry of a mapping that is written `{}`, or not at all."""
    start, end = node.span
    gap = " " if isinstance(node, Scalar) and found.text[start - 1 : start] == ":" else ""
    return Splice(start, end, gap + flow(value, style_of(found)))


def _in_braces(found: Document, parent: Mapping, before: Entry, new: str) -> Splice:
    if before.value.span[0] == before.value.span[1] and isinstance(before.value, Scalar):
        # `{a: , b}` would be fine without the blank, `{a:, b}` would not be everywhere
        return Splice(*before.value.span, " , " + new)
    return _behind(found, before.value, new)


def _behind(found: Document, last: Node, new: str) -> Splice:
    """Inside brackets: behind `last`, on a line of its own if `last` has one."""
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
    # a comment goes on being that of its line
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
    """Whether blank lines stand between the entries of `parent`."""
    starts = [found.line_start(entry.key.span[0]) for entry in parent.entries[1:]]
    if starts:
        return any(is_blank_before(found, start) for start in starts)
    return style.spaced and found.column(parent.span[0]) <= style.step


def _below(found: Document, last: Node, lines: list[str], column: int) -> Splice:
    """In block style: below the lines of `last` and the comments that belong to them."""
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
