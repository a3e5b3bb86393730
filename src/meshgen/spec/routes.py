"""Where commands, aggregates and queries are found over HTTP, below the prefix of their unit."""

from __future__ import annotations

from meshgen.naming import collection_path, kebab
from meshgen.spec.model import Aggregate, Command, Query


def aggregate_path(aggregate: Aggregate) -> str:
    """`/stock-items/{item_id}`."""
    return f"{collection_path(aggregate.name)}/{{{aggregate.id}}}"


def command_path(command: Command, aggregate: Aggregate) -> str:
    """Return the path of a command.

    It is below its aggregate; below the collection if it creates one, or if the caller is the id.
    """
    without_id = command.mode == "creates" or aggregate.id in command.from_caller
    base = collection_path(aggregate.name) if without_id else aggregate_path(aggregate)
    return f"{base}/{kebab(command.name)}"


def query_path(query: Query) -> str:
    """`/orders-of-customer`."""
    return f"/{kebab(query.name)}"


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
