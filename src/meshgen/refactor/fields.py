"""The fields and members that a spec declares, and what a user calls them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from meshgen.errors import MeshgenError
from meshgen.refactor.references import Mention, mentions
from meshgen.refactor.yaml.document import Document, Path, child
from meshgen.spec.grammar import EVENT, VALUE_OBJECT
from meshgen.spec.yaml.tree import Mapping, Scalar, Sequence

_INSIDE = {"command": "input", "aggregate": "state", "projection": "row"}
_BESIDE = {"event": EVENT.names, "type": VALUE_OBJECT.names}


@dataclass(frozen=True, slots=True)
class Part:
    """A field of something, a member of an enum, or the id of an aggregate.

    Attributes:
        name: What it is called.
        owner: The declaration of what has it.
        scalar: Where its name is written.
        path: Where it stands.
        inside: The key of the owner that holds it, if it does not stand beside the owner's keys.
    """

    kind: Literal["field", "member", "id"]
    name: str
    owner: Mention
    scalar: Scalar
    path: Path
    inside: str = ""

    def __str__(self) -> str:
        return f"{self.owner.thing}.{self.name}"

    @property
    def names(self) -> tuple[str, ...]:
        """How it may be written: `order.PlaceOrder.lines`, `order.PlaceOrder.input.lines`."""
        owner = str(self.owner.thing)
        return (str(self), f"{owner}.{self.inside}.{self.name}") if self.inside else (str(self),)


def parts(found: Document) -> Iterator[Part]:
    """Every field, member and id."""
    for owner in mentions(found.root):
        if owner.declares in _BESIDE or owner.declares in _INSIDE:
            yield from _parts(found, owner)


def find(found: Document, name: str) -> Part | None:
    """What is called `name`: `order.OrderPlaced.total`, or `OrderPlaced.total` if there is one.

    Raises `MeshgenError` when it may mean several things.
    """
    known = list(parts(found))
    fitting = [part for part in known if name in part.names]
    fitting = fitting or [part for part in known if name == f"{part.owner.thing.name}.{part.name}"]
    if len(fitting) > 1:
        listed = ", ".join(f"`{part}` in line {part.scalar.at.line}" for part in fitting)
        message = f"`{name}` may mean several things: {listed}"
        raise MeshgenError(message, f"say which: {', '.join(f'`{part}`' for part in fitting)}")
    return fitting[0] if fitting else None


def _parts(found: Document, owner: Mention) -> Iterator[Part]:
    node = found.node(owner.path)
    inside = _INSIDE.get(owner.declares, "")
    identity = _identity(found, owner)
    if identity is not None:
        scalar, path = identity
        yield Part("id", scalar.text, owner, scalar, path, inside)
    if owner.declares == "type" and (members := _members(node)):
        yield from _each_member(owner, *members)
        return
    held = child(node, inside) if inside and found.has((*owner.path, inside)) else node
    if not isinstance(held, Mapping) or (inside and held is node):
        return
    for entry in held.entries:
        name, path = entry.key.text, (*owner.path, *filter(None, [inside]), entry.key.text)
        is_id = identity is not None and identity[0].text == name
        if name not in _BESIDE.get(owner.declares, ()) and not is_id:
            yield Part("field", name, owner, entry.key, path, inside)


def _identity(found: Document, owner: Mention) -> tuple[Scalar, Path] | None:
    """The id of the aggregate that `owner` is, or belongs to."""
    if owner.declares not in ("aggregate", "event", "command"):
        return None
    path = (*(owner.path if owner.declares == "aggregate" else owner.path[:-2]), "id")
    scalar = found.node(path)
    return (scalar, path) if isinstance(scalar, Scalar) else None


def _members(node: object) -> tuple[Sequence, Path] | None:
    """The list of an enum, and where it stands in it."""
    if isinstance(node, Sequence):
        return node, ()
    for entry in node.entries if isinstance(node, Mapping) else ():
        if entry.key.text == "enum" and isinstance(entry.value, Sequence):
            return entry.value, ("enum",)
    return None


def _each_member(owner: Mention, members: Sequence, inside: Path) -> Iterator[Part]:
    for index, item in enumerate(members.items):
        scalar = child(item, "name") if isinstance(item, Mapping) else item
        assert isinstance(scalar, Scalar)
        yield Part("member", scalar.text, owner, scalar, (*owner.path, *inside, index))
