"""All declarations of and references to names in a valid spec, according to the grammar.

`rename` edits them; `remove` checks them for remaining references.
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
    ProcessName,
    QueryCall,
    Reference,
    RequestName,
    Shape,
    TypeNotation,
    UnitName,
)
from meshgen.spec.yaml.tree import Entry, Mapping, Node, Scalar, Sequence

_UNITS = ("services", "projections", "streams", "bffs")
"""The sections that declare units."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART = re.compile(r"\s*(\w+)\s*\.\s*(\w+)", re.ASCII)
_REQUEST = re.compile(r"(\w+)(?:\.(\w+)| [A-Z]+ /\S*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Thing:
    """A named element: a unit, a type, or an element of a unit.

    Attributes:
        kind: "unit", "type", "port", or "member" for an element referred to as `unit.Name`.
        unit: The unit that contains the element, "" for units and types.
        name: The name within the unit.
    """

    kind: Group
    unit: str
    name: str

    def __str__(self) -> str:
        return f"{self.unit}.{self.name}" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class Mention:
    """An occurrence of a name in the text of a scalar.

    Attributes:
        thing: The named element.
        scalar: The scalar that contains the name.
        start: The first character of the name in `scalar`.
        end: The character after the name.
        path: The path of `scalar` in the tree.
        declares: What is declared here ("service", "event", ...), "" for a reference.
    """

    thing: Thing
    scalar: Scalar
    start: int
    end: int
    path: Path
    declares: str = ""


Mentions = Iterator[Mention]


def mentions(root: Mapping) -> Mentions:
    """Yield every declaration and reference, in the order of the grammar."""
    processes = keys(root, "processes")
    alone = units(root) - processes
    reader = _Reader(keys(root, "types"), alone if processes else frozenset())
    return reader.read(SPEC, root, (), "")


def units(root: Mapping) -> frozenset[str]:
    """Return the names of all units of the spec."""
    return frozenset(name for section in _UNITS for name in keys(root, section))


def keys(root: Mapping, section: str) -> frozenset[str]:
    """Return the keys of a section of the spec; none if it is not there."""
    found = next((e.value for e in root.entries if e.key.text == section), None)
    return (
        frozenset(e.key.text for e in found.entries) if isinstance(found, Mapping) else frozenset()
    )


class _Reader:
    """Walks a tree along the grammar; `within` is the enclosing unit.

    Args:
        types: The declared types.
        alone: The units whose name cannot be that of a process, and so means the unit.
    """

    def __init__(self, types: frozenset[str], alone: frozenset[str]) -> None:
        self.types = types
        self.alone = alone

    def read(self, shape: Shape, node: Node, path: Path, within: str) -> Mentions:
        match shape, node:
            case Construct(), Mapping():
                yield from self.construct(shape, node, path, within)
            case MapOf(), Mapping():
                for entry in node.entries:
                    yield from self.entry(shape, entry, path, within)
            case ListOf(), Sequence():
                for index, item in enumerate(node.items):
                    yield from self.read(shape.item, item, (*path, index), within)
            case ListOf(single=True), _:
                yield from self.read(shape.item, node, path, within)
            case OneOf(), _:
                for form in shape.forms:
                    if _may_be(form, node):
                        yield from self.read(form, node, path, within)
            case _, Scalar():
                yield from self.scalar(shape, node, path, within)

    def construct(self, shape: Construct, node: Mapping, path: Path, within: str) -> Mentions:
        written = {entry.key.text: entry for entry in node.entries}
        if shape.beside:
            for entry in node.entries:
                if entry.key.text not in shape.names:
                    yield from self.entry(shape.beside, entry, path, within)
        for key in shape.keys:
            if key.name in written:
                value = written[key.name].value
                yield from self.read(key.shape, value, (*path, key.name), within)

    def entry(self, shape: MapOf, entry: Entry, path: Path, within: str) -> Mentions:
        at = (*path, entry.key.text)
        match shape.key:
            case Kind(group=str(group), name=kind):
                name = entry.key.text
                unit = within if group in ("member", "port") else ""
                yield _whole(Thing(group, unit, name), entry.key, at, kind)
                within = name if group == "unit" else within
            case Reference(places=places):
                yield from _reference(entry.key, at, "" if places == "far" else within)
            case ProcessName() if entry.key.text in self.alone:
                yield _whole(Thing("unit", "", entry.key.text), entry.key, at)
            case RequestName():  # a scenario mentions nothing
                if found := _REQUEST.fullmatch(entry.key.text):
                    yield from _unit_and_member(found, entry.key, at)
        yield from self.read(shape.value, entry.value, at, within)

    def scalar(self, shape: Shape, node: Scalar, path: Path, within: str) -> Mentions:
        match shape:
            case Reference(places=places):
                yield from _reference(node, path, "" if places == "far" else within)
            case UnitName():
                yield _whole(Thing("unit", "", node.text), node, path)
            case TypeNotation():
                yield from self.named_types(
                    ((m[0], m.start()) for m in _WORD.finditer(node.text)), node, path
                )
            case PortCall():
                if found := _WORD.search(node.text):
                    yield Mention(Thing("port", within, found[0]), node, *found.span(), path)
                yield from self.expression(node, path)
            case QueryCall():
                if found := _PART.match(node.text):
                    yield from _unit_and_member(found, node, path)
            case Expression() | ItemOf():
                yield from self.expression(node, path)

    def expression(self, node: Scalar, path: Path) -> Mentions:
        """Yield the types that an expression constructs; expressions name nothing else."""
        if any(name in node.text for name in self.types):
            yield from self.named_types(_names(node.text), node, path)

    def named_types(self, names: Iterator[tuple[str, int]], node: Scalar, path: Path) -> Mentions:
        for name, start in names:
            if name in self.types:
                yield Mention(Thing("type", "", name), node, start, start + len(name), path)


def _may_be(shape: Shape, node: Node) -> bool:
    """Tell whether `node` is written in the given form."""
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
    """Yield the names in an expression, ignoring string literals."""
    lines = [0]
    for line in io.StringIO(formula):
        lines.append(lines[-1] + len(line))
    try:
        for token in tokenize.generate_tokens(io.StringIO(formula).readline):
            if token.type == tokenize.NAME:
                yield token.string, lines[token.start[0] - 1] + token.start[1]
    except (tokenize.TokenError, SyntaxError):  # not an expression
        return


def _reference(scalar: Scalar, path: Path, within: str) -> Mentions:
    """Yield the parts of `Name` or `unit.Name`; the default unit is `within`."""
    unit, dot, name = scalar.text.rpartition(".")
    if dot:
        yield Mention(Thing("unit", "", unit), scalar, 0, len(unit), path)
    start = len(unit) + len(dot)
    yield Mention(Thing("member", unit or within, name), scalar, start, len(scalar.text), path)


def _unit_and_member(found: re.Match[str], scalar: Scalar, path: Path) -> Mentions:
    """Yield the unit, group 1, and its member, group 2, if there is one."""
    unit, name = found.groups()
    yield Mention(Thing("unit", "", unit), scalar, *found.span(1), path)
    if name:
        yield Mention(Thing("member", unit, name), scalar, *found.span(2), path)


def _whole(thing: Thing, scalar: Scalar, path: Path, declares: str = "") -> Mention:
    return Mention(thing, scalar, 0, len(scalar.text), path, declares)
