"""The indexes and access patterns for the queries of a unit's routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chassis.http import Find, Route, Search


def indexes(routes: Iterable[Route], kind: type) -> list[tuple[str, ...]]:
    """Return the fields of each index, as sorts, for the searches of class `kind`."""
    wanted: list[tuple[str, ...]] = []
    for route in routes:
        if isinstance(route, Search) and route.of is kind:
            wanted.append((*route.by, *route.sort))
        if isinstance(route, Find) and route.of is kind:
            wanted.append(route.by)
    return [index for index in wanted if index]


def patterns(
    routes: Iterable[Route], kind: type
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the searches of class `kind`: the fields with given values, and the sort."""
    for route in routes:
        if isinstance(route, Search) and route.of is kind:
            yield route.by, route.sort
        if isinstance(route, Find) and route.of is kind:
            yield route.by, ()
