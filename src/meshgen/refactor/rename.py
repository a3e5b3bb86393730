"""`rename`: change a name in its declaration and in all references."""

from __future__ import annotations

from meshgen.errors import MeshgenError
from meshgen.refactor.fields import Part, find, parts
from meshgen.refactor.former import remember
from meshgen.refactor.references import Mention, mentions
from meshgen.refactor.rename_field import new_name, renamed_field
from meshgen.refactor.selectors import declared
from meshgen.refactor.validation import edited
from meshgen.refactor.yaml.document import Document, Splice, document
from meshgen.refactor.yaml.rewrite import rewritten
from meshgen.spec.grammar.names import CLASS, UNIT


def rename(text: str, old: str, new: str, *, applied: str | None = None) -> str:
    """Return `text` with `old` renamed to `new`, and `renamed_from` set where identities need it.

    Args:
        text: A valid spec.
        old: A unit (`order`), an element of one (`order.Order`, `order.OrderPlaced`), a type, a
            field (`order.OrderPlaced.total`, `order_history.total`, `OrderLine.quantity`) or a
            member of an enum (`OrderStatus.shipped`).
        new: The new name, with or without what it belongs to in front.
        applied: The spec that the project was last updated to. `renamed_from` keeps the name in
            it if an element is renamed repeatedly between updates.

    Raises:
        MeshgenError: There is no such element, or `new` is not a valid name.
        RefusedEditError: The name is taken.
    """
    return edited(text, lambda body, _: _renamed(body, old, new, applied))


def _renamed(text: str, old: str, new: str, applied: str | None) -> str:
    found = document(text)
    if (part := find(found, old)) is not None:
        return _renamed_part(found, part, new, applied)
    target = declared(found, old, map(str, parts(found)))
    every = list(mentions(found.root))
    name = _new_name(target, new)
    _refuse_taken(every, target, name)
    changed = [m for m in every if m.thing == target.thing]
    after = rewritten(found, [(m.scalar, Splice(m.start, m.end, name)) for m in changed])
    return remember(after, (*target.path[:-1], name), target, applied)


def _renamed_part(found: Document, part: Part, new: str, applied: str | None) -> str:
    name = new_name(part, new)
    for other in parts(found):
        if other.owner == part.owner and other.name == name:
            raise _taken(name, other.scalar.at.line)
    return renamed_field(found.text, part, name, applied)


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
            raise _taken(name, other.scalar.at.line)


def _taken(name: str, line: int) -> MeshgenError:
    return MeshgenError(f"`{name}` already exists in line {line}", "choose another name")


def _article(what: str) -> str:
    return "an" if what[0] in "ae" else "a"
