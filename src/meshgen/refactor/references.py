"""Every place of a spec that declares or mentions a name, as the grammar says.

`rename` changes these places, `remove` asks them who refers to what is to go. It reads valid specs
only.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from meshgen.refactor.yaml.document import Path
from meshgen.spec.grammar import SPEC
from meshgen.spec.grammar.shapes import (
    Construct,
    Expression,
    Group,
    ItemOf,
    Kind,
    ListOf,
    MapOf,
    OneOf,
    PortCall,
    QueryCall,
    Reference,
    Shape,
    TypeNotation,
    UnitName,
)
from meshgen.spec.yaml.tree import Entry, Mapping, Node, Scalar, Sequence

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART = re.compile(r"\s*(\w+)\s*\.\s*(\w+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with a name: a unit, a type, or what a unit holds (`unit` is "" for the others).

    kind: "unit", "type", "port", or "member" for what is written `unit.Name` elsewhere
    """

    kind: Group
    unit: str
    name: str

    def __str__(self) -> str:
        return f"{self.unit}.{self.name}" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text: the characters from `start` to `end` of `scalar`, which stands at `path`.

    declares: what it is that is declared there ("service", "event"...), "" where it is only
    mentioned
    """

    thing: Thing
    scalar: Scalar
    start: int
    end: int
    path: Path
    declares: str = ""


Mentions = Iterator[Mention]


def mentions(root: Mapping) -> Mentions:
    """Every declaration and mention, in the order of the language."""
    types = next((e.value for e in root.entries if e.key.text == "types"), None)
    declared = types.entries if isinstance(types, Mapping) else ()
    return _Reader(frozenset(entry.key.text for entry in declared)).read(SPEC, root, (), "")


class _Reader:
    """Walks a tree and the grammar side by side; `home` is the unit in which something stands."""

    def __init__(self, types: frozenset[str]) -> None:
        self.types = types

    def read(self, shape: Shape, node: Node, path: Path, home: str) -> Mentions:
        match shape, node:
            case Construct(), Mapping():
                yield from self.construct(shape, node, path, home)
            case MapOf(), Mapping():
                for entry in node.entries:
                    yield from self.entry(shape, entry, path, home)
            case ListOf(), Sequence():
                for index, item in enumerate(node.items):
                    yield from self.read(shape.item, item, (*path, index), home)
            case ListOf(single=True), _:
                yield from self.read(shape.item, node, path, home)
            case OneOf(), _:
                for form in shape.forms:
                    if _may_be(form, node):
                        yield from self.read(form, node, path, home)
            case _, Scalar():
                yield from self.scalar(shape, node, path, home)

    def construct(self, shape: Construct, node: Mapping, path: Path, home: str) -> Mentions:
        written = {entry.key.text: entry for entry in node.entries}
        if shape.beside:
            for entry in node.entries:
                if entry.key.text not in shape.names:
                    yield from self.entry(shape.beside, entry, path, home)
        for key in shape.keys:
            if key.name in written:
                value = written[key.name].value
                yield from self.read(key.shape, value, (*path, key.name), home)

    def entry(self, shape: MapOf, entry: Entry, path: Path, home: str) -> Mentions:
        at = (*path, entry.key.text)
        match shape.key:
            case Kind(group=str(group), name=kind):
                name = entry.key.text
                unit = home if group in ("member", "port") else ""
                yield _whole(Thing(group, unit, name), entry.key, at, kind)
                home = name if group == "unit" else home
            case Reference(places=places):
                yield from _reference(entry.key, at, "" if places == "far" else home)
        yield from self.read(shape.value, entry.value, at, home)

    def scalar(self, shape: Shape, node: Scalar, path: Path, home: str) -> Mentions:
        match shape:
            case Reference(places=places):
                yield from _reference(node, path, "" if places == "far" else home)
            case UnitName():
                yield _whole(Thing("unit", "", node.text), node, path)
            case TypeNotation():
                yield from self.named_types(
                    ((m[0], m.start()) for m in _WORD.finditer(node.text)), node, path
                )
            case PortCall():
                if found := _WORD.search(node.text):
                    yield Mention(Thing("port", home, found[0]), node, *found.span(), path)
                yield from self.expression(node, path)
            case QueryCall():
                if found := _PART.match(node.text):
                    unit, name = found[1], found[2]
                    yield Mention(Thing("unit", "", unit), node, *found.span(1), path)
                    yield Mention(Thing("member", unit, name), node, *found.span(2), path)
            case Expression() | ItemOf():
                yield from self.expression(node, path)

    def expression(self, node: Scalar, path: Path) -> Mentions:
        """The types that an expression constructs; it can speak of nothing else that is named."""
        if any(name in node.text for name in self.types):
            yield from self.named_types(_names(node.text), node, path)

    def named_types(self, names: Iterator[tuple[str, int]], node: Scalar, path: Path) -> Mentions:
        for name, start in names:
            if name in self.types:
                yield Mention(Thing("type", "", name), node, start, start + len(name), path)


def _may_be(shape: Shape, node: Node) -> bool:
    """Whether a form is the one that `node` is written in."""
    match shape:
        case Construct() if isinstance(node, Mapping):
            keys = {entry.key.text for entry in node.entries}
            return all(key.name in keys for key in shape.required)
        case MapOf():
            return isinstance(node, Mapping)
        case ListOf():
            return isinstance(node, Sequence)
        case Construct():
            return False
        case _:
            return isinstance(node, Scalar)


def _names(formula: str) -> Iterator[tuple[str, int]]:
    """The names in an expression, not those inside its texts."""
    lines = [0]
    for line in io.StringIO(formula):
        lines.append(lines[-1] + len(line))
    try:
        for token in tokenize.generate_tokens(io.StringIO(formula).readline):
            if token.type == tokenize.NAME:
                yield token.string, lines[token.start[0] - 1] + token.start[1]
    except (tokenize.TokenError, SyntaxError):  # a text that is no expression has no names
        return


def _reference(scalar: Scalar, path: Path, home: str) -> Mentions:
    """`Name` of the service `home`, or `unit.Name`."""
    unit, dot, name = scalar.text.rpartition(".")
    if dot:
        yield Mention(Thing("unit", "", unit), scalar, 0, len(unit), path)
    start = len(unit) + len(dot)
    yield Mention(Thing("member", unit or home, name), scalar, start, len(scalar.text), path)


def _whole(thing: Thing, scalar: Scalar, path: Path, declares: str = "") -> Mention:
    return Mention(thing, scalar, 0, len(scalar.text), path, declares)
