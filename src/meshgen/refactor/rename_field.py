"""`rename` of a field or a member: every mention of it, and what it fills by its name alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from meshgen.errors import MeshgenError
from meshgen.refactor.errors import RefusedEditError
from meshgen.refactor.fields import Part
from meshgen.refactor.filling import fill_in, place_of
from meshgen.refactor.resolution import Meaning, Resolution, Spot
from meshgen.refactor.yaml.document import Path, Splice
from meshgen.refactor.yaml.rewrite import rewritten
from meshgen.spec.analysis.index import Declared, Fill, Records, Use
from meshgen.spec.diagnostics import Finding
from meshgen.spec.grammar.names import MEMBER, field_fault
from meshgen.spec.yaml.tree import Scalar

_ELSE = "choose another name"


@dataclass(frozen=True, slots=True)
class _Written:
    """What filled itself and has to be said: where, for which field, from which."""

    site: Spot
    name: str
    value: str
    fill: Fill


@dataclass(slots=True)
class _Changes:
    """Changes of scalars, and the keys among them by where they stood."""

    splices: dict[tuple[int, int], tuple[Scalar, Splice]] = field(default_factory=dict)
    keys: dict[Path, str] = field(default_factory=dict)

    def add(self, spot: Spot, length: int, text: str) -> None:
        splice = Splice(spot.start, spot.start + length, text)
        self.splices[spot.scalar.span[0], spot.start] = (spot.scalar, splice)
        if spot.is_key:
            self.keys[spot.path] = text

    def moved(self, path: Path) -> Path:
        """Where that stands now which stood at `path`."""
        return tuple(self.keys.get(path[: i + 1], path[i]) for i in range(len(path)))


def renamed_field(text: str, part: Part, new: str) -> str:
    """`text` with a field or a member called `new` wherever it is mentioned.

    Raises `MeshgenError` when it cannot have this name, `RefusedEditError` when something is found
    by its name alone, or would mean something else.
    """
    return _Rename(Resolution(text), part, new).text()


def new_name(part: Part, new: str) -> str:
    """The bare new name. Raises `MeshgenError` when it is none."""
    owner, _, name = new.rpartition(".")
    if owner and f"{owner}.{part.name}" not in part.names:
        message = f"`{part}` cannot become `{new}`: renaming moves nothing somewhere else"
        raise MeshgenError(message, f"write `{name}`")
    if part.kind == "id":
        message = f"`{part.name}` is an aggregate's id, which cannot be renamed yet"
        raise MeshgenError(message, "stores, streams and commands on their way are keyed by it")
    if fault := MEMBER.fault(name, "a member") if part.kind == "member" else field_fault(name):
        raise MeshgenError(*fault)
    if name == part.name:
        raise MeshgenError(f"`{part}` has this name already")
    return name


class _Rename:
    def __init__(self, before: Resolution, part: Part, new: str) -> None:
        self._before, self._part, self._new = before, part, new
        self._target: Declared = (
            (part.owner.thing.name, part.name) if part.kind == "member" else part.scalar.at
        )
        self._changes = _Changes()

    def text(self) -> str:
        if ties := self._before.ties(self._target):
            raise self._refused("something goes by this name", ties)
        declared = Spot(self._part.scalar, self._part.path, self._part.kind == "field")
        self._changes.add(declared, len(self._part.name), self._new)
        for use in self._before.index.uses:
            if (name := self._name_at(use)) != use.place.name:
                self._changes.add(self._before.spot(use.place), len(use.place.name), name)
        text = rewritten(self._before.document, self._changes.splices.values())
        writes = list(self._writes())
        sites = {write.site.path: write.site for write in writes}
        for path, site in sites.items():
            fills = {w.name: w.value for w in writes if w.site.path == path}
            text = fill_in(text, site, fills)
        after = Resolution(text)
        if not after.findings:  # else whoever checks the result says what is wrong
            self._hold(after, writes)
        return text

    def _name_at(self, use: Use) -> str:
        """How a name is written then: a bare one is qualified if it would be that of two fields."""
        name = self._new if use.of == self._target else use.place.name
        if name != self._new or not use.record:
            return name
        return self._qualified(name, use.record, use.records)

    def _qualified(self, name: str, record: str, records: Records) -> str:
        for other, fields in records.items():
            names = {
                self._new if variable.declared == self._target else key
                for key, variable in fields.items()
                if variable.kind != "answer"
            }
            if other != record and name in names:
                return f"{record}.{name}"
        return name

    def _writes(self) -> Iterator[_Written]:
        """The fills that would break; what is undone inherits those of its step."""
        broken = [fill for fill in self._before.index.fills if self._breaks(fill)]
        found = [self._written(fill) for fill in broken]
        said = {
            (_step(write.site.path), write.name, write.value)
            for write in found
            if "undo" not in write.site.path[6:]
        }
        for write in found:
            key = (_step(write.site.path), write.name, write.value)
            if "undo" not in write.site.path[6:] or write.fill.inherited or key not in said:
                yield write

    def _written(self, fill: Fill) -> _Written:
        name = self._new if fill.target == self._target else fill.name
        source = self._new if fill.source == self._target else fill.name
        value = fill.inherited or self._qualified(source, fill.record, fill.records)
        return _Written(self._before.site(fill), name, value, fill)

    def _breaks(self, fill: Fill) -> bool:
        if self._target in (fill.target, fill.source):
            return True
        if fill.inherited is None:
            return False
        key = (*_step(self._before.site(fill).path), "with", fill.name)
        return any(spot.is_key and spot.path == key for _, spot in self._mentions)

    @property
    def _mentions(self) -> list[tuple[Use, Spot]]:
        return self._before.of(self._target)

    def _hold(self, after: Resolution, writes: list[_Written]) -> None:
        """Every name means what it meant, and every field is filled as it was."""
        added = self._added(after, writes)
        was = {
            (self._changes.moved(path), is_key): [self._now(m) for m in meanings]
            for (path, is_key), meanings in self._before.uses().items()
        }
        is_ = {key: meanings for key, meanings in after.uses().items() if key[0] not in added}
        wrong = [key for key in was.keys() | is_.keys() if was.get(key) != is_.get(key)]
        if wrong:
            where = {self._changes.moved(path): path for path, _ in self._before.uses()}
            findings = [self._finding(where[path]) for path, _ in wrong if path in where]
            raise self._refused("names would mean something else", findings)
        self._hold_fills(after, writes)
        self._hold_added(after, writes)

    def _hold_added(self, after: Resolution, writes: list[_Written]) -> None:
        uses = after.uses()
        for write in writes:
            path = (*place_of(after.document.text, write.site), write.name)
            target, source = map(self._now, self._before.filled(write.fill))
            sound = uses.get((path, True)) == [target]
            if not sound or (source and uses.get((path, False)) != [source]):
                finding = Finding(
                    write.site.scalar.at, f"`{write.value}` means something else here", _ELSE
                )
                raise self._refused("names would mean something else", [finding])

    def _added(self, after: Resolution, writes: Iterable[_Written]) -> set[Path]:
        text = after.document.text
        return {(*place_of(text, write.site), write.name) for write in writes}

    def _hold_fills(self, after: Resolution, writes: list[_Written]) -> None:
        was: Counter[tuple[Meaning, Meaning]] = Counter()
        for fill in self._before.index.fills:
            target, source = self._before.filled(fill)
            if not any(write.fill is fill for write in writes):
                inherits = fill.inherited is None and self._breaks(fill)
                was[self._now(target), () if inherits else self._now(source)] += 1
        if was != after.fills():
            message = f"`{self._new}` would fill, or be filled by, another field of this name"
            raise self._refused(message, [Finding(self._part.scalar.at, message, _ELSE)])

    def _now(self, meaning: Meaning) -> Meaning:
        if meaning == self._target:
            return (self._part.owner.thing.name, self._new)
        return self._changes.moved(meaning)

    def _finding(self, path: Path) -> Finding:
        at = self._before.document.node(path).at
        return Finding(at, f"a name here would mean something else than `{self._part}`", _ELSE)

    def _refused(self, reason: str, findings: Iterable[Finding]) -> RefusedEditError:
        ordered = tuple(sorted(findings, key=lambda finding: finding.at))
        return RefusedEditError(reason, self._before.document.text, ordered)


def _step(path: Path) -> Path:
    """The step of a saga to which something belongs."""
    return path[:6]
