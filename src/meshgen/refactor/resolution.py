"""What the names of a spec's text stand for, place by place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from meshgen.errors import MeshgenError
from meshgen.refactor.yaml.document import Document, Path, document
from meshgen.spec.analysis.index import Declared, Fill, Index, Place, Use
from meshgen.spec.check import check_text
from meshgen.spec.diagnostics import Finding, Position
from meshgen.spec.yaml.tree import Mapping, Node, Scalar, Sequence

Meaning: TypeAlias = "Path | tuple[str, str]"
"""A field by the path of its declaration, a member by its enum and its name."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a name is written: in a key or a value, and how far inside."""

    scalar: Scalar
    path: Path
    is_key: bool
    start: int = 0


class Resolution:
    """A text with what its names stand for."""

    def __init__(self, text: str) -> None:
        self.document: Document = document(text)
        self.index = Index()
        _, self.findings = check_text("the spec", text, self.index)

    def spot(self, place: Place) -> Spot:
        """Where a name is written. Raises `MeshgenError` if that cannot be told."""
        near = [s for s in self._lines[place.at.line] if s.scalar.at.column <= place.at.column]
        found = max(near, key=lambda spot: spot.scalar.at.column, default=None)
        end = place.lead + len(place.name)
        if found is None or found.scalar.text[place.lead : end] != place.name:
            raise MeshgenError(
                f"line {place.at.line} is written in a way that cannot be edited by a command",
                "write it over several lines, one key a line, or make the change by hand",
            )
        return Spot(found.scalar, found.path, found.is_key, place.lead)

    def site(self, fill: Fill) -> Spot:
        """Where that is written which fills, or is filled."""
        return self._at[fill.site]

    def meaning(self, of: Declared) -> Meaning:
        """What is declared, by where that stands in the tree."""
        if not isinstance(of, Position):
            return of
        return self._at[of].path if of in self._at else ()

    def uses(self) -> dict[tuple[Path, bool], list[Meaning]]:
        """What every key and value mentions, in the order of its text."""
        found: dict[tuple[Path, bool], dict[int, Meaning]] = defaultdict(dict)
        for use in self.index.uses:
            spot, meaning = self.spot(use.place), self.meaning(use.of)
            if meaning:
                found[spot.path, spot.is_key][spot.start] = meaning
        return {key: [by[start] for start in sorted(by)] for key, by in found.items()}

    def fills(self) -> Counter[tuple[Meaning, Meaning]]:
        """What is filled without a word, and from what."""
        return Counter(self.filled(fill) for fill in self.index.fills)

    def filled(self, fill: Fill) -> tuple[Meaning, Meaning]:
        """A field, and its source; what is inherited has none of its own."""
        source = self.meaning(fill.source) if fill.source is not None else ()
        return self.meaning(fill.target), source

    def ties(self, of: Declared) -> tuple[Finding, ...]:
        """Why a field cannot have another name."""
        found = [Finding(t.at, t.message, t.hint) for t in self.index.ties if t.of == of]
        return tuple({finding.message: finding for finding in reversed(found)}.values())

    def of(self, declared: Declared) -> list[tuple[Use, Spot]]:
        """Every mention of a field or member."""
        return [(use, self.spot(use.place)) for use in self.index.uses if use.of == declared]

    @cached_property
    def _lines(self) -> dict[int, list[Spot]]:
        found: dict[int, list[Spot]] = defaultdict(list)
        for spot in _spots(self.document.root, ()):
            found[spot.scalar.at.line].append(spot)
        return found

    @cached_property
    def _at(self) -> dict[Position, Spot]:
        return {spot.scalar.at: spot for spots in self._lines.values() for spot in spots}


def _spots(node: Node, path: Path) -> Iterator[Spot]:
    match node:
        case Scalar() if node.text:
            yield Spot(node, path, is_key=False)
        case Mapping():
            for entry in node.entries:
                below = (*path, entry.key.text)
                yield Spot(entry.key, below, is_key=True)
                yield from _spots(entry.value, below)
        case Sequence():
            for index, item in enumerate(node.items):
                yield from _spots(item, (*path, index))
