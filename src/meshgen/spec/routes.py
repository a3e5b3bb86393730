"""What is found over HTTP, and by whom."""

from __future__ import annotations

from collections.abc import Iterator

from meshgen.naming import url_prefix
from meshgen.spec.model import Aggregate, Bff, Command, Projection, Query, Service, Stream


def aggregate_path(aggregate: Aggregate) -> str:
    """`/stock-items/{item_id}`."""
    return f"{aggregate.path}/{{{aggregate.id}}}"


def prefixes(unit: Service | Projection | Stream | Bff) -> tuple[str, ...]:
    """Return how the paths of a unit begin: with a segment that no other unit has."""
    own = unit.routes if isinstance(unit, Service) else ()
    return (*declared(unit), *(route.path for route in own))


def declared(unit: Service | Projection | Stream | Bff) -> tuple[str, ...]:
    """Return how the paths of what the spec declares begin, without routes of the owner's own."""
    if isinstance(unit, Bff):
        return (url_prefix(unit.name),)
    return tuple(dict.fromkeys(f"/{path.split('/')[1]}" for path in _paths(unit)))


def _paths(unit: Service | Projection | Stream) -> Iterator[str]:
    if isinstance(unit, Service):
        for aggregate in unit.aggregates:
            if read_roles(aggregate) is not None:
                yield aggregate.path
            for command in aggregate.commands:
                if command.roles is not None:
                    yield from all_paths(command)
    for query in unit.queries:
        yield from all_paths(query)


def all_paths(of: Command | Query) -> tuple[str, ...]:
    """Return the paths of a command or a query, the deprecated ones last."""
    return (of.path, *(former.path for former in of.deprecated))


def read_roles(aggregate: Aggregate) -> tuple[str, ...] | None:
    """Return the roles that may read an aggregate by its id; None if nobody may.

    If the spec is silent, its owner may, who needs no role; without an owner, who may change it.
    """
    if aggregate.reading is not None:
        return aggregate.reading.roles or None
    if aggregate.owner is not None:
        return ()
    names = {role for command in aggregate.commands for role in command.roles or ()}
    return tuple(sorted(names)) or None
