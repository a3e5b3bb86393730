"""`rename`: a name changes wherever it is declared or mentioned, and nothing else does."""

from __future__ import annotations

from meshgen.errors import MeshgenError
from meshgen.refactor.references import Mention, mentions
from meshgen.refactor.selectors import declared
from meshgen.refactor.validation import edited
from meshgen.refactor.yaml.delete import cut
from meshgen.refactor.yaml.document import Path, Splice, document, spliced
from meshgen.refactor.yaml.insert import put_first
from meshgen.refactor.yaml.rewrite import rewritten
from meshgen.refactor.yaml.style import style_of
from meshgen.spec.grammar import CONSTRUCTS
from meshgen.spec.grammar.names import CLASS, UNIT
from meshgen.spec.grammar.shapes import Construct, Kind, MapOf, OneOf
from meshgen.spec.yaml.load import load
from meshgen.spec.yaml.tree import Scalar, Sequence

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


def rename(text: str, old: str, new: str, *, applied: str | None = None) -> str:
    """`text` with `old` called `new`, and with `renamed_from` on it where data goes by its id.

    `old` is a unit (`order`), something in one (`order.Order`, `order.OrderPlaced`) or a type;
    `new` is a name, or `order.` and a name. `applied` is the spec that the project was last updated
    to: what has not been updated since it was renamed keeps the name that the project knows.

    Raises `MeshgenError` when there is no such thing or no such name, `RefusedEditError` when the
    name is taken.
    """
    return edited(text, lambda body, _: _renamed(body, old, new, applied))


def _renamed(text: str, old: str, new: str, applied: str | None) -> str:
    found = document(text)
    target = declared(found, old)
    every = list(mentions(found.root))
    name = _new_name(target, new)
    _refuse_taken(every, target, name)
    changed = [m for m in every if m.thing == target.thing]
    after = rewritten(found, [(m.scalar, Splice(m.start, m.end, name)) for m in changed])
    if target.declares not in _REMEMBERING:
        return after
    path = (*target.path[:-1], name)
    return _remembering(_with_room(after, path), path, target, applied)


def _new_name(target: Mention, new: str) -> str:
    """The bare new name. Raises `MeshgenError` when it is none."""
    name = new.removeprefix(f"{target.thing.unit}.") if target.thing.unit else new
    if "." in name and name.rpartition(".")[2]:
        message = f"`{target.thing}` cannot become `{new}`: renaming moves nothing to another unit"
        raise MeshgenError(message, f"write `{name.rpartition('.')[2]}`")
    rule = UNIT if target.thing.kind == "unit" else CLASS
    if fault := rule.fault(name, f"{_article(target.declares)} {target.declares}"):
        raise MeshgenError(*fault)
    if name == target.thing.name:
        raise MeshgenError(f"`{target.thing}` has this name already")
    return name


def _refuse_taken(every: list[Mention], target: Mention, name: str) -> None:
    """Two keys of one mapping would be one; what else may not have one name, the check knows."""
    for other in every:
        if other.declares and other.path == (*target.path[:-1], name):
            line = other.scalar.at.line
            raise MeshgenError(f"`{name}` is there already, in line {line}", "choose another name")


def _article(what: str) -> str:
    return "an" if what[0] in "ae" else "a"


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
    line = found.line_start(start)
    column = found.column(start)
    return spliced(text, [Splice(line, line, " " * column + "enum:" + found.line_break(start))])


def _remembering(text: str, path: Path, target: Mention, applied: str | None) -> str:
    """`text` with the name that the project knows at `path`."""
    found = document(text)
    place = (*path, FORMER)
    if not found.has(place):
        return put_first(text, place, target.thing.name)
    former = found.node(place)
    assert isinstance(former, Scalar)
    if applied is not None and _knows(applied, target):
        return spliced(text, [Splice(*former.span, target.thing.name)])
    return cut(text, place, hollow=True) if former.text == path[-1] else text


def _knows(applied: str, target: Mention) -> bool:
    """Whether a spec has a thing of the same kind and name, in whatever unit."""
    root, _ = load(applied.removeprefix("\ufeff"))
    return root is not None and any(
        m.declares == target.declares and m.thing.name == target.thing.name for m in mentions(root)
    )
