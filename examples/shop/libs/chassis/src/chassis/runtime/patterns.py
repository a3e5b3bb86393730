"""The access patterns of a unit's routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from chassis.http import Find, Route, Search

Pattern: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""An expected search: the fields with given values, and the sort (`-` means descending)."""


def patterns(routes: Iterable[Route], kind: type) -> Iterator[Pattern]:
    """Return the expected searches of class `kind`."""
    for route in routes:
        if isinstance(route, Search) and route.of is kind:
            yield route.by, route.sort
        if isinstance(route, Find) and route.of is kind:
            yield route.by, ()
