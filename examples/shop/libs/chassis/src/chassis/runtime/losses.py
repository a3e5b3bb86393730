"""Lost data: a service is the source of truth, so nothing brings back what its store had."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from chassis.errors import DataLost
from chassis.hub.port import Hub
from chassis.store.port import Collection, Query, Store


async def check_store(
    unit: str, store: Store, collections: Iterable[Collection], hub: Hub, topics: Iterable[str]
) -> None:
    """Check that the store of a unit has something if the unit has ever published events.

    With an empty store, the unit would handle all messages of the hub again, and give versions and
    answers that contradict what others know of it.

    Args:
        unit: The name of the unit.
        store: Its store.
        collections: All collections that a process of the unit writes to.
        hub: The hub.
        topics: The topics that only this unit publishes to.

    Raises:
        DataLost: The store is empty, but a topic is not.
        Unavailable: The store or the hub is unavailable.
    """
    if not await _is_empty(store, collections):
        return
    ends = await asyncio.gather(*(hub.end(topic) for topic in topics))
    if any(position > 0 for end in ends for position in end.values()):
        raise DataLost(unit)


async def _is_empty(store: Store, collections: Iterable[Collection]) -> bool:
    """Return whether no process has ever written to the store: each one leaves its leases there."""
    if await store.streams("", limit=1):
        return False
    queries = (Query(collection=collection.name, limit=1) for collection in collections)
    return not any([await store.count(query) for query in queries])
