"""`rename`: a name changes wherever it is declared or mentioned, and nothing else does."""

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
    """`text` with `old` called `new`, and with `renamed_from` on it where data goes by its id.

    `old` is a unit (`order`), something in one (`order.Order`, `order.OrderPlaced`), a type, a
    field (`order.OrderPlaced.total`, `order_history.total`, `OrderLine.quantity`) or a member of an
    enum (`OrderStatus.shipped`); `new` is a name, which may stand behind what it belongs to.
    `applied` is the spec that the project was last updated to: what has not been updated since it
    was renamed keeps the name that the project knows.

    Raises `MeshgenError` when there is no such thing or no such name, `RefusedEditError` when the
    name is taken.
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
            raise _taken(name, other.scalar.at.line)


def _taken(name: str, line: int) -> MeshgenError:
    return MeshgenError(f"`{name}` is there already, in line {line}", "choose another name")


def _article(what: str) -> str:
    return "an" if what[0] in "ae" else "a"
