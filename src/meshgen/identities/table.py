"""The table of identities: what everything is called now, by an id that never changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

Path = tuple[str, ...]
"""Kinds and names in turn: `("services", "order", "events", "OrderPlaced", "fields", "total")`."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "": ("system", "types", "services", "projections", "bffs"),
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
}
"""The kinds of things that a kind holds."""

_SHARED = {"projections": "services", "bffs": "services", "commands": "events"}


def namespace(path: Path) -> Path:
    """What has the same namespace may not have the same id: all units, all messages of a unit."""
    return (*path[:-2], _SHARED.get(path[-2], path[-2]))


@dataclass(frozen=True)
class Identities:
    """Names by the path of ids that they stand at; None for what is no longer there.

    A path of ids has the id at every place where a path of names has a name.
    """

    names: Mapping[Path, str | None] = field(default_factory=lambda: MappingProxyType({}))

    def id(self, *path: str) -> str:
        """The id of what is called like the last part of a path of names; without one the name."""
        found = self._by_name.get(path)
        return found[-1] if found else path[-1]

    def path(self, *path: str) -> Path:
        """The path of ids of what is found by a path of names."""
        return self._by_name.get(path, path)

    def present(self) -> Iterator[Path]:
        """The paths of ids of what is there."""
        return (path for path, name in self.names.items() if name is not None)

    @cached_property
    def _by_name(self) -> Mapping[Path, Path]:
        found: dict[Path, Path] = {}
        named: dict[Path, Path] = {(): ()}
        for path in sorted(self.present(), key=len):
            above = named.get(path[:-2])
            if above is not None:  # else it belongs to what is no longer there
                named[path] = (*above, path[-2], str(self.names[path]))
                found[named[path]] = path
        return found
