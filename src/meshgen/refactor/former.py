"""`renamed_from`: the name by which the next update knows what was renamed."""

from __future__ import annotations

from meshgen.refactor.fields import Part, parts
from meshgen.refactor.references import Mention, mentions
from meshgen.refactor.yaml.delete import cut
from meshgen.refactor.yaml.document import Document, Path, Splice, document, spliced
from meshgen.refactor.yaml.emit import Text, flow
from meshgen.refactor.yaml.insert import put, put_first
from meshgen.refactor.yaml.style import style_of
from meshgen.spec.grammar import CONSTRUCTS, FIELD
from meshgen.spec.grammar.kinds import STREAM_EVENT
from meshgen.spec.grammar.shapes import Construct, Kind, MapOf, OneOf
from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Mapping, Scalar, Sequence

FORMER = "renamed_from"
_REMEMBERING = frozenset(
    shape.key.name
    for construct in CONSTRUCTS
    for key in construct.keys
    if isinstance(shape := key.shape, MapOf)
    and isinstance(shape.key, Kind)
    and any(
        isinstance(form, Construct) and FORMER in form.names
        for form in (shape.value.forms if isinstance(shape.value, OneOf) else (shape.value,))
    )
)


def remember(text: str, path: Path, target: Mention, applied: str | None) -> str:
    """`text` with the name of `target` that the project knows, at `path` where it stands now.

    `applied` is the spec that the project was last updated to.
    """
    if target.declares not in _REMEMBERING:
        return text
    if target.declares == STREAM_EVENT.name:
        return _remember_event(text, path, target, applied)
    text = _with_room(text, path)
    place = (*path, FORMER)
    if not document(text).has(place):
        return put_first(text, place, target.thing.name)
    known = applied is not None and _knows(applied, target)
    return _without_room(_again(text, place, target.thing.name, str(path[-1]), known=known), path)


def _remember_event(text: str, path: Path, target: Mention, applied: str | None) -> str:
    """The same for an event of a stream, which may be written as its condition alone."""
    found = document(text)
    node, place = found.node(path), (*path, FORMER)
    if isinstance(node, Scalar):
        long = flow({FORMER: target.thing.name, "when": node.text}, style_of(found))
        return spliced(text, [Splice(*node.span, long)])
    if not found.has(place):
        return put_first(text, place, target.thing.name)
    known = applied is not None and _knows(applied, target)
    return _short(_again(text, place, target.thing.name, str(path[-1]), known=known), path)


def remember_part(text: str, path: Path, part: Part, new: str, applied: str | None) -> str:
    """The same for a field or a member."""
    found = document(text)
    node = found.node(path)
    place = (*path, FORMER)
    if isinstance(node, Scalar):
        key = "name" if part.kind == "member" else "type"
        long = flow({key: Text(node.text), FORMER: Text(part.name)}, style_of(found))
        return spliced(text, [Splice(*node.span, long)])
    if not found.has(place):
        return put(text, place, Text(part.name), FIELD.names)
    known = applied is not None and _knows_part(applied, found, part)
    return _short(_again(text, place, part.name, new, known=known), path)


def _again(text: str, place: Path, old: str, new: str, *, known: bool) -> str:
    """`text` after another rename: an `old` that is not known gives way to the name before it."""
    former = document(text).node(place)
    assert isinstance(former, Scalar)
    if known:
        return spliced(text, [Splice(*former.span, old)])
    return cut(text, place, hollow=True) if former.text == new else text


def _short(text: str, path: Path) -> str:
    """`text` with the short form of what is at `path`, if it says all there is."""
    found = document(text)
    node = found.node(path)
    if not isinstance(node, Mapping) or not node.flow or len(node.entries) != 1:
        return text
    start, end = node.entries[0].value.span
    return spliced(text, [Splice(*node.span, text[start:end])])


def _with_room(text: str, path: Path) -> str:
    """`text` with a mapping at `path`: an enum that is a list is written in its long form."""
    found = document(text)
    node = found.node(path)
    if not isinstance(node, Sequence):
        return text
    start, end = node.span
    if node.flow:
        key = '"enum"' if style_of(found).quoted else "enum"
        return spliced(text, [Splice(start, end, f"{{{key}: {text[start:end]}}}")])
    column, shift = found.column(start), 0
    if column == found.column(_key_start(found, path)):  # a list may stand right below its key
        shift = style_of(found).step
    line = found.line_start(start)
    head = " " * (column + shift) + "enum:" + found.line_break(start)
    splices = [Splice(line, line, head + " " * shift)]
    while (line := found.next_line(line)) < end:
        splices.append(Splice(line, line, " " * shift))
    return spliced(text, splices)


def _key_start(found: Document, path: Path) -> int:
    """Return the offset of the key of what stands at `path`."""
    above = found.node(path[:-1])
    assert isinstance(above, Mapping)
    return next(entry.key.span[0] for entry in above.entries if entry.key.text == path[-1])


def _without_room(text: str, path: Path) -> str:
    """`text` with an enum at `path` in its short form, if its long form says nothing more."""
    found = document(text)
    node = found.node(path)
    if not isinstance(node, Mapping) or [e.key.text for e in node.entries] != ["enum"]:
        return text
    listed = node.entries[0].value
    if not node.flow or not isinstance(listed, Sequence):
        return text
    return spliced(text, [Splice(*node.span, text[slice(*listed.span)])])


def _knows(applied: str, target: Mention) -> bool:
    """Whether a spec has a thing of the same kind and name, in whatever unit."""
    root, _ = load(applied.removeprefix("\ufeff"))
    return root is not None and any(
        m.declares == target.declares and m.thing.name == target.thing.name for m in mentions(root)
    )


def _knows_part(applied: str, now: Document, part: Part) -> bool:
    """Whether a spec has such a field or member of something that is called as now, or before."""
    text = applied.removeprefix("\ufeff")
    root, _ = load(text)
    names = {part.owner.thing.name}
    if now.has(place := (*part.owner.path, FORMER)) and isinstance(f := now.node(place), Scalar):
        names.add(f.text)
    return root is not None and any(
        (other.kind, other.name) == (part.kind, part.name)
        and other.owner.declares == part.owner.declares
        and other.owner.thing.name in names
        for other in parts(Document(text, root))
    )
