"""Where commands, aggregates and queries are found over HTTP, below the prefix of their unit."""

from __future__ import annotations

from meshgen.naming import collection_path, kebab
from meshgen.spec.model import Aggregate, Command, Query


def aggregate_path(aggregate: Aggregate) -> str:
    """`/stock-items/{item_id}`."""
    return f"{collection_path(aggregate.name)}/{{{aggregate.id}}}"


def command_path(command: Command, aggregate: Aggregate) -> str:
    """Return the path of a command: below its aggregate, or the collection if it creates one."""
    creates = command.mode == "creates"
    base = collection_path(aggregate.name) if creates else aggregate_path(aggregate)
    return f"{base}/{kebab(command.name)}"


def query_path(query: Query) -> str:
    """`/orders-of-customer`."""
    return f"/{kebab(query.name)}"


def read_roles(aggregate: Aggregate) -> tuple[str, ...] | None:
    """Return the roles that may read an aggregate: those that may change it.

    Its owner needs none, and only the owner may if there is one; None if nobody may.
    """
    if aggregate.owner is not None:
        return ()
    names = {role for command in aggregate.commands for role in command.roles or ()}
    return tuple(sorted(names)) or None
