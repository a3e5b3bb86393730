"""`rename`: change a name in its declaration and in all references."""

from __future__ import annotations

import re

from meshgen.errors import MeshgenError
from meshgen.refactor.references import Mention, mentions
from meshgen.refactor.selectors import declared
from meshgen.refactor.validation import edited
from meshgen.refactor.yaml.delete import cut
from meshgen.refactor.yaml.document import Document, Path, Splice, document, spliced
from meshgen.refactor.yaml.emit import scalar
from meshgen.refactor.yaml.insert import put_first
from meshgen.refactor.yaml.style import style_of
from meshgen.spec.grammar import CONSTRUCTS
from meshgen.spec.grammar.names import CLASS, UNIT
from meshgen.spec.grammar.shapes import Construct, Kind, MapOf, OneOf
from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Mapping, Scalar, Sequence
from meshgen.unicode import printable

FORMER = "renamed_from"
_WITH_FORMER_NAMES = frozenset(
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


def rename(text: str, old: str, new: str, *, applied: str | None = None) -> str:
    """Return `text` with `old` renamed to `new`, and `renamed_from` set where identities need it.

    Args:
        text: A valid spec.
        old: A unit (`order`), an element of one (`order.Order`, `order.OrderPlaced`) or a type.
        new: The new name, with or without the unit in front.
        applied: The spec that the project was last updated to. `renamed_from` keeps the name in
            it if an element is renamed repeatedly between updates.

    Raises:
        MeshgenError: There is no such element, or `new` is not a valid name.
        RefusedEditError: The name is taken.
    """
    return edited(text, lambda body, _: _renamed(body, old, new, applied))


def _renamed(text: str, old: str, new: str, applied: str | None) -> str:
    found = document(text)
    every = list(mentions(found.root))
    _refuse_inside(every, old)
    target = declared(found, old)
    name = _new_name(target, new)
    _refuse_taken(every, target, name)
    changed = [m for m in every if m.thing == target.thing]
    after = spliced(text, _splices(found, changed, name))
    if target.declares not in _WITH_FORMER_NAMES:
        return after
    path = (*target.path[:-1], name)
    return _with_former_name(_in_long_form(after, path), path, target, applied)


def _refuse_inside(every: list[Mention], old: str) -> None:
    """Fields and members of enums are named bare in expressions: they are renamed by hand."""
    things = {str(m.thing) for m in every if m.declares}
    holder, _, name = old.rpartition(".")
    if old not in things and holder in things - {m.thing.unit for m in every}:
        message = f"`rename` does not follow what is inside `{holder}`, like `{printable(name)}`"
        hint = "give it its new name in the spec, with `renamed_from`, and everything that names it"
        raise MeshgenError(message, hint)


def _new_name(target: Mention, new: str) -> str:
    """Return the new name without its unit; raise MeshgenError if it is invalid."""
    name = new.removeprefix(f"{target.thing.unit}.") if target.thing.unit else new
    if "." in name and name.rpartition(".")[2]:
        message = f"`{target.thing}` cannot become `{new}`: a rename stays in its unit"
        raise MeshgenError(message, f"write `{name.rpartition('.')[2]}`")
    rule = UNIT if target.thing.kind == "unit" else CLASS
    if fault := rule.fault(name, f"{_article(target.declares)} {target.declares}"):
        raise MeshgenError(*fault)
    if name == target.thing.name:
        raise MeshgenError(f"`{target.thing}` already has this name")
    return name


def _refuse_taken(every: list[Mention], target: Mention, name: str) -> None:
    """Refuse a key that its mapping already has; `check` finds other clashes of names."""
    for other in every:
        if other.declares and other.path == (*target.path[:-1], name):
            line = other.scalar.at.line
            raise MeshgenError(f"`{name}` already exists in line {line}", "choose another name")


def _article(what: str) -> str:
    return "an" if what[0] in "ae" else "a"


def _splices(found: Document, changed: list[Mention], name: str) -> list[Splice]:
    """Return the edits; those inside one escaped or folded scalar are made together."""
    splices: list[Splice] = []
    odd: dict[int, tuple[Scalar, list[Splice]]] = {}
    for mention in changed:
        written = mention.scalar
        if written.shift is None:
            _, inner = odd.setdefault(written.span[0], (written, []))
            inner.append(Splice(mention.start, mention.end, name))
        else:
            start = written.span[0] + written.shift
            splices.append(Splice(start + mention.start, start + mention.end, name))
    return splices + [_rewritten(found, written, inner) for written, inner in odd.values()]


def _rewritten(found: Document, written: Scalar, inner: list[Splice]) -> Splice:
    """Edit an escaped or folded scalar in its source form, else write it in plain form."""
    meant = spliced(written.text, inner)
    start, end = written.span
    source = found.text[start:end]
    old = re.compile(
        rf"(?<![A-Za-z0-9_]){written.text[inner[0].start : inner[0].end]}(?![A-Za-z0-9_])"
    )
    seen, places = old.finditer(written.text), list(old.finditer(source))
    which = {match.start(): index for index, match in enumerate(seen)}
    if len(which) == len(places):
        outer = [places[which[s.start]].span() for s in inner]
        changed = spliced(source, [Splice(*span, inner[0].text) for span in outer])
        root, findings = load(f"k: {changed}\n")
        value = root.entries[0].value if root and not findings else None
        if isinstance(value, Scalar) and value.text == meant:
            return Splice(start, end, changed)
    return Splice(start, end, scalar(meant, inside=True))


def _in_long_form(text: str, path: Path) -> str:
    """Turn an enum at `path` that is a list into its long form."""
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
    """Where the key of what stands at `path` begins."""
    above = found.node(path[:-1])
    assert isinstance(above, Mapping)
    return next(entry.key.span[0] for entry in above.entries if entry.key.text == path[-1])


def _with_former_name(text: str, path: Path, target: Mention, applied: str | None) -> str:
    """Set `renamed_from` at `path` to the name in the project."""
    found = document(text)
    place = (*path, FORMER)
    if not found.has(place):
        return put_first(text, place, target.thing.name)
    former = found.node(place)
    assert isinstance(former, Scalar)
    if applied is not None and _declares(applied, target):
        return spliced(text, [Splice(*former.span, target.thing.name)])
    if former.text != path[-1]:
        return text
    return _without_room(cut(text, place, hollow=True), path)


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


def _declares(applied: str, target: Mention) -> bool:
    """Tell whether a spec declares an element of that kind and name, in any unit."""
    root, _ = load(applied.removeprefix("\ufeff"))
    return root is not None and any(
        m.declares == target.declares and m.thing.name == target.thing.name for m in mentions(root)
    )
