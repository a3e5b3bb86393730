"""The table of identities: the current names of elements by their permanent ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

Path = tuple[str, ...]
"""Kinds and names in turn: `("services", "order", "events", "OrderPlaced", "fields", "total")`."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "": ("system", "types", "services", "projections", "streams", "bffs"),
    "types": ("values", "fields"),
    "services": (
        "aggregates",
        "events",
        "commands",
        "sagas",
        "policies",
        "replicas",
        "queries",
        "ports",
    ),
    "aggregates": ("state",),
    "events": ("fields",),
    "commands": ("fields",),
    "projections": ("row", "queries"),
    "streams": ("events", "queries"),
}
"""The kinds of elements inside a kind."""

REACTIONS = ("policies", "sagas")
"""The kinds of elements that have side effects when an event happens."""

_SHARED = {
    "projections": "services",
    "streams": "services",
    "bffs": "services",
    "commands": "events",
}


def namespace(path: Path) -> Path:
    """Namespaces of ids: all units, all messages of a unit."""
    return (*path[:-2], _SHARED.get(path[-2], path[-2]))


@dataclass(frozen=True)
class Identities:
    """Names by paths of ids, None for removed elements.

    A path of ids has the id in place of each name. `late` are the policies and sagas that were
    added after their event, which has a past by then.
    """

    names: Mapping[Path, str | None] = field(default_factory=lambda: MappingProxyType({}))
    late: frozenset[Path] = frozenset()

    def id(self, *path: str) -> str:
        """Return the id of the element at a path of names, by default its name."""
        found = self._by_name.get(path)
        return found[-1] if found else path[-1]

    def path(self, *path: str) -> Path:
        """Convert a path of names to a path of ids."""
        return self._by_name.get(path, path)

    def is_late(self, *path: str) -> bool:
        """Tell whether the policy or saga at a path of names was added after its event."""
        return self.path(*path) in self.late

    def present(self) -> Iterator[Path]:
        """Return the paths of ids of existing elements."""
        return (path for path, name in self.names.items() if name is not None)

    @cached_property
    def _by_name(self) -> Mapping[Path, Path]:
        found: dict[Path, Path] = {}
        named: dict[Path, Path] = {(): ()}
        for path in sorted(self.present(), key=len):
            above = named.get(path[:-2])
            if above is not None:  # else it belongs to a removed element
                named[path] = (*above, path[-2], str(self.names[path]))
                found[named[path]] = path
        return found
