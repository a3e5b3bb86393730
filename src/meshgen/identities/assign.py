"""Assign identities to the elements of a changed spec."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from meshgen.identities.table import Identities, Path, namespace
from meshgen.identities.things import Thing, derived_name, things
from meshgen.naming import snake
from meshgen.spec.model import Spec


def assign(spec: Spec, before: Identities | None = None, applied: Spec | None = None) -> Identities:
    """Return the identities of `spec`, given those `before` of the spec `applied`.

    Renamed elements keep their ids. The id of a new element is its name, with a number appended if
    that id is or was in use. Removed elements stay in the table, without a name. A new policy or
    saga is late if its event was there before.
    """
    return _Assignment(before or Identities(), applied).of(spec)


class _Assignment:
    def __init__(self, before: Identities, applied: Spec | None) -> None:
        self._before = before
        self._carried_out = {(t.path, t.former) for t in things(applied)} if applied else set()
        self._named: dict[Path, dict[str, Path]] = defaultdict(dict)
        self._taken: dict[Path, set[str]] = defaultdict(set)
        for path, name in before.names.items():
            self._taken[namespace(path)].add(_folded(path[-1]))
            if name is not None:
                self._named[path[:-1]][name] = path
        self._ids: dict[Path, Path] = {(): ()}

    def of(self, spec: Spec) -> Identities:
        names: dict[Path, str | None] = {}
        late = set(self._before.late)
        for thing in things(spec):
            if thing.path not in self._ids:
                path = self._ids[thing.path] = self._id_path(thing)
                names[path] = thing.path[-1]
                if self._is_late(thing, path):
                    late.add(path)
        known = {**_gone(self._before.names, names), **names}
        return Identities(known, frozenset(late & known.keys()))

    def _is_late(self, thing: Thing, path: Path) -> bool:
        before = self._before.names
        return bool(thing.event) and path not in before and self._ids[thing.event] in before

    def _id_path(self, thing: Thing) -> Path:
        place = (*self._ids[thing.path[:-2]], thing.path[-2])
        known = self._named.get(place, {})
        name = self._former_name(thing, known)
        if name in known:
            return known[name]
        if place == ("system",) and known:
            return next(iter(known.values()))  # there is only one, so its name does not matter
        return (*place, self._fresh((*place, thing.path[-1])))

    def _former_name(self, thing: Thing, known: Mapping[str, Path]) -> str:
        """Return the name of the element in the table."""
        name = thing.path[-1]
        if thing.named_after:
            sources = [self._before.names.get(self._ids[path]) for path in thing.named_after]
            given = [source for source in sources if source is not None]
            return derived_name(*given) if len(given) == len(sources) else ""
        if thing.former is None or thing.former not in known:
            return name
        # A `renamed_from` may stay in a spec after the update, without effect.
        return name if (thing.path, thing.former) in self._carried_out else thing.former

    def _fresh(self, path: Path) -> str:
        taken, name = self._taken[namespace(path)], path[-1]
        candidates = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
        found = next(candidate for candidate in candidates if _folded(candidate) not in taken)
        taken.add(_folded(found))
        return found


def _folded(id: str) -> str:
    """Fold an id: tables and files may ignore case."""
    return snake(id)


def _gone(before: Mapping[Path, str | None], now: Mapping[Path, str | None]) -> dict[Path, None]:
    """Yield the removed elements, without the elements inside them."""
    gone = {path for path in before if path not in now}
    return {path: None for path in gone if path[:-2] not in gone}
