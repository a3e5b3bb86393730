"""Every place of a spec that declares or mentions a name.

The one table of where names stand: `rename` changes these places, `remove` asks them who refers to
what is to go. It reads valid specs only.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from meshgen.refactor.yaml.document import Path
from meshgen.spec.parser.aggregates import EVENT_KEYS, MODES
from meshgen.spec.yaml.tree import Entry, Mapping, Node, Scalar, Sequence

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART = re.compile(r"\s*(\w+)\s*\.\s*(\w+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with a name: a unit, a type, or what a unit holds (`unit` is "" for the others).

    kind: "unit", "type", "port", or "member" for what is written `unit.Name` elsewhere
    """

    kind: str
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
    return _Reader(root).read()


class _Reader:
    def __init__(self, root: Mapping) -> None:
        self.root = root
        self.types = {entry.key.text for entry in _entries(_get(root, "types"))}

    def read(self) -> Mentions:
        for entry, path in _each(self.root, (), "types"):
            yield _declared(Thing("type", "", entry.key.text), entry, path, "type")
            yield from self.fields(entry.value, path)
        for entry, path in _each(self.root, (), "services"):
            yield _declared(Thing("unit", "", entry.key.text), entry, path, "service")
            yield from self.service(entry.key.text, entry.value, path)
        for entry, path in _each(self.root, (), "projections"):
            yield _declared(Thing("unit", "", entry.key.text), entry, path, "projection")
            yield from self.projection(entry.key.text, entry.value, path)
        for entry, path in _each(self.root, (), "bffs"):
            yield _declared(Thing("unit", "", entry.key.text), entry, path, "BFF")
            yield from self.bff(entry.value, path)
        for entry, path in _each(self.root, (), "processes"):
            for item, item_path in _items(entry.value, path):
                if isinstance(item, Scalar):
                    yield _whole(Thing("unit", "", item.text), item, item_path)
        for entry, path in _each(self.root, (), "scenarios"):
            for item, item_path in _items(entry.value, path):
                yield from self.references(item, item_path, "", "do", "see")
                yield from self.formulas(_get(item, "of"), (*item_path, "of"))
                yield from self.formulas(_get(item, "with"), (*item_path, "with"))

    # services

    def service(self, unit: str, node: Node, path: Path) -> Mentions:
        for entry, at in _each(node, path, "aggregates"):
            yield _declared(Thing("member", unit, entry.key.text), entry, at, "aggregate")
            yield from self.aggregate(unit, entry.value, at)
        for entry, at in _each(node, path, "replicas"):
            yield from self.references(entry.value, at, unit, "of")
        for entry, at in _each(node, path, "ports"):
            yield _declared(Thing("port", unit, entry.key.text), entry, at, "port")
            for operation, place in _named(entry.value, at):
                for key in ("input", "returns"):
                    yield from self.fields(_get(operation.value, key), (*place, key))
                simulated = _get(operation.value, "simulated")
                yield from self.formulas(simulated, (*place, "simulated"))
        for item, at in _items(_get(node, "policies"), (*path, "policies")):
            yield from self.references(item, at, unit, "on")
            yield from self.dispatch(unit, item, at)
            yield from self.formula(_get(item, "each"), (*at, "each"))
        for entry, at in _each(node, path, "sagas"):
            yield _declared(Thing("member", unit, entry.key.text), entry, at, "saga")
            yield from self.saga(unit, entry.value, at)
        yield from self.queries(unit, node, path)

    def aggregate(self, unit: str, node: Node, path: Path) -> Mentions:
        yield from self.fields(_get(node, "state"), (*path, "state"))
        for entry, at in _each(node, path, "events"):
            yield _declared(Thing("member", unit, entry.key.text), entry, at, "event")
            for field, place in _named(entry.value, at):
                if field.key.text not in EVENT_KEYS.all:
                    yield from self.field(field.value, place)
            yield from self.formulas(_get(entry.value, "sets"), (*at, "sets"))
        for entry, at in _each(node, path, "commands"):
            yield _declared(Thing("member", unit, entry.key.text), entry, at, "command")
            yield from self.command(unit, entry.value, at)

    def command(self, unit: str, node: Node, path: Path) -> Mentions:
        yield from self.fields(_get(node, "input"), (*path, "input"))
        yield from self.formulas(_get(node, "requires"), (*path, "requires"))
        for entry, at in _each(node, path, "calls"):
            if isinstance(entry.value, Scalar) and (found := _WORD.search(entry.value.text)):
                port = Thing("port", unit, found[0])
                yield Mention(port, entry.value, found.start(), found.end(), at)
            yield from self.formula(entry.value, at)
        for mode in MODES:
            yield from self.emissions(unit, _get(node, mode), (*path, mode))

    def emissions(self, unit: str, node: Node | None, path: Path) -> Mentions:
        if isinstance(node, Scalar):
            yield _whole(Thing("member", unit, node.text), node, path)
        for entry, at in _named(node, path):
            yield _whole(Thing("member", unit, entry.key.text), entry.key, at)
            yield from self.formulas(entry.value, at)
        for item, at in _items(node, path):
            yield from self.references(item, at, unit, "event")
            yield from self.formula(_get(item, "when"), (*at, "when"))
            yield from self.formulas(_get(item, "with"), (*at, "with"))

    def saga(self, unit: str, node: Node, path: Path) -> Mentions:
        yield from self.references(node, path, unit, "starts_on")
        yield from self.dispatched(unit, _get(node, "on_failure"), (*path, "on_failure"))
        for item, at in _items(_get(node, "steps"), (*path, "steps")):
            yield from self.dispatch(unit, item, at)
            yield from self.references(item, at, unit, "done", "failed")
            yield from self.dispatched(unit, _get(item, "undo"), (*at, "undo"))
            yield from self.formula(_get(item, "each"), (*at, "each"))

    def dispatch(self, unit: str, node: Node, path: Path) -> Mentions:
        yield from self.references(node, path, unit, "do")
        yield from self.formulas(_get(node, "with"), (*path, "with"))

    def dispatched(self, unit: str, node: Node | None, path: Path) -> Mentions:
        if isinstance(node, Scalar):
            yield from _reference(node, path, unit)
        elif node is not None:
            yield from self.dispatch(unit, node, path)

    def queries(self, unit: str, node: Node, path: Path) -> Mentions:
        for entry, at in _each(node, path, "queries"):
            yield _declared(Thing("member", unit, entry.key.text), entry, at, "query")
            yield from self.references(entry.value, at, unit, "of")

    # what reads

    def projection(self, unit: str, node: Node, path: Path) -> Mentions:
        yield from self.fields(_get(node, "row"), (*path, "row"))
        for entry, at in _each(node, path, "on"):
            yield from _reference(entry.key, at, "")
            for reaction, place in _named(entry.value, at):
                yield from self.formulas(reaction.value, place)
        yield from self.queries(unit, node, path)

    def bff(self, node: Node, path: Path) -> Mentions:
        for endpoint, at in _each(node, path, "endpoints"):
            for part, place in _named(endpoint.value, at):
                if isinstance(part.value, Scalar) and (found := _PART.match(part.value.text)):
                    unit, name = found[1], found[2]
                    yield Mention(Thing("unit", "", unit), part.value, *found.span(1), place)
                    yield Mention(Thing("member", unit, name), part.value, *found.span(2), place)

    # values

    def references(self, node: Node | None, path: Path, home: str, *keys: str) -> Mentions:
        """`key: Name`, `key: unit.Name`, `key: [Name, unit.Name]`."""
        for key in keys:
            value = _get(node, key)
            if isinstance(value, Scalar):
                yield from _reference(value, (*path, key), home)
            for item, at in _items(value, (*path, key)):
                if isinstance(item, Scalar):
                    yield from _reference(item, at, home)

    def fields(self, node: Node | None, path: Path) -> Mentions:
        for entry, at in _named(node, path):
            yield from self.field(entry.value, at)

    def field(self, node: Node, path: Path) -> Mentions:
        kind = _get(node, "type") if isinstance(node, Mapping) else node
        if isinstance(kind, Scalar):
            at = (*path, "type") if isinstance(node, Mapping) else path
            for found in _WORD.finditer(kind.text):
                if found[0] in self.types:
                    yield Mention(Thing("type", "", found[0]), kind, *found.span(), at)

    def formulas(self, node: Node | None, path: Path) -> Mentions:
        for entry, at in _named(node, path):
            yield from self.formula(entry.value, at)

    def formula(self, node: Node | None, path: Path) -> Mentions:
        """The types that an expression constructs; it can speak of nothing else that is named."""
        if not isinstance(node, Scalar) or not any(name in node.text for name in self.types):
            return
        for name, start in _names(node.text):
            if name in self.types:
                yield Mention(Thing("type", "", name), node, start, start + len(name), path)


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


def _whole(thing: Thing, scalar: Scalar, path: Path) -> Mention:
    return Mention(thing, scalar, 0, len(scalar.text), path)


def _declared(thing: Thing, entry: Entry, path: Path, kind: str) -> Mention:
    return Mention(thing, entry.key, 0, len(entry.key.text), path, kind)


def _get(node: Node | None, key: str) -> Node | None:
    return next((e.value for e in _entries(node) if e.key.text == key), None)


def _entries(node: Node | None) -> tuple[Entry, ...]:
    return node.entries if isinstance(node, Mapping) else ()


def _named(node: Node | None, path: Path) -> Iterator[tuple[Entry, Path]]:
    for entry in _entries(node):
        yield entry, (*path, entry.key.text)


def _each(node: Node, path: Path, key: str) -> Iterator[tuple[Entry, Path]]:
    return _named(_get(node, key), (*path, key))


def _items(node: Node | None, path: Path) -> Iterator[tuple[Node, Path]]:
    for index, item in enumerate(node.items if isinstance(node, Sequence) else ()):
        yield item, (*path, index)
