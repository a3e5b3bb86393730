"""One rename of a field or a member: what it changes, and what stands where then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from meshgen.refactor.errors import RefusedEditError
from meshgen.refactor.fields import Part
from meshgen.refactor.resolution import Meaning, Resolution, Spot
from meshgen.refactor.yaml.document import Path, Splice
from meshgen.spec.analysis.index import Declared, Fill
from meshgen.spec.diagnostics import Finding, Position
from meshgen.spec.yaml.tree import Scalar


@dataclass(frozen=True, slots=True)
class Written:
    """What filled itself and has to be said: where, for which field, from which."""

    site: Spot
    name: str
    value: str
    fill: Fill


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was said, and says nothing new: where, for which field, from which."""

    path: Path
    target: Meaning
    source: Meaning


@dataclass
class Renaming:
    """A field or member, its new name, and the changes of scalars that this makes."""

    before: Resolution
    part: Part
    new: str
    splices: dict[tuple[int, int], tuple[Scalar, Splice]] = field(default_factory=dict)
    keys: dict[Path, str] = field(default_factory=dict)

    @property
    def target(self) -> Declared:
        """What is renamed."""
        if self.part.kind == "member":
            return self.part.owner.thing.name, self.part.name
        return self.part.scalar.at

    def change(self, spot: Spot, old: str, new: str) -> None:
        """Write `new` for `old` at a spot."""
        splice = Splice(spot.start, spot.start + len(old), new)
        self.splices[spot.scalar.span[0], spot.start] = (spot.scalar, splice)
        if spot.is_key:
            self.keys[spot.path] = new

    def moved(self, path: Path) -> Path:
        """Where that stands now which stood at `path`."""
        return tuple(self.keys.get(path[: i + 1], path[i]) for i in range(len(path)))

    def now(self, meaning: Meaning) -> Meaning:
        """What a name stands for now that stood for `meaning`."""
        if meaning == self.target:
            return (self.part.owner.thing.name, self.new)
        return self.moved(meaning)

    def refused(self, reason: str, findings: Iterable[Finding]) -> RefusedEditError:
        """The error that explains why the rename is not made."""
        ordered = tuple(sorted(findings, key=lambda finding: finding.at))
        return RefusedEditError(reason, self.before.document.text, ordered)

    def taken(self, at: Position) -> RefusedEditError:
        """The error for a name that means something else at a place."""
        message = f"`{self.new}` in the place of `{self.part.name}` would change what this means"
        finding = Finding(at, message, "choose another name")
        return self.refused(f"`{self.new}` has another meaning there", [finding])
