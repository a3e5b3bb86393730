"""Which indexes serve the queries that a unit's routes allow."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.http import Find, Route, Search


def indexes(routes: Iterable[Route], kind: type) -> list[tuple[str, ...]]:
    """Return, as sorts, what the searches for `kind` look for and then sort by."""
    wanted: list[tuple[str, ...]] = []
    for route in routes:
        if isinstance(route, Search) and route.of is kind:
            wanted.append((*route.by, *route.sort))
        if isinstance(route, Find) and route.of is kind:
            wanted.append(route.by)
    return [index for index in wanted if index]
