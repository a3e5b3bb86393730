"""Histories: events of event stores, published again for the rebuild of a read model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from chassis.envelope import Outgoing
from chassis.hub.port import Hub
from chassis.identity import identity_of
from chassis.messages import Event
from chassis.ops.system import System
from chassis.projection import MaterializedView
from chassis.runtime.generations import History
from chassis.service import Aggregate, EventSourced, Service
from chassis.store.port import Store

_STREAMS = 50  # streams that are published at once
_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Source:
    """An aggregate whose events a projection reads."""

    service: Service
    aggregate: Aggregate[Any, Any, Any]

    @property
    def name(self) -> str:
        """The name of the source for the operator, and in the cursor of the history."""
        return f"{identity_of(self.service)}.{identity_of(self.aggregate)}"

    @property
    def has_history(self) -> bool:
        """Whether its service keeps its events."""
        return isinstance(self.aggregate, EventSourced)


def sources(projection: MaterializedView[Any], system: System) -> list[Source]:
    """Return the aggregates whose events a projection reads."""
    wanted: set[type[Event]] = set(projection.events)
    return [
        Source(service, aggregate)
        for service in system.units.values()
        if isinstance(service, Service)
        for aggregate in service.aggregates
        if wanted & set(aggregate.events)
    ]


async def publish(
    projection: MaterializedView[Any],
    system: System,
    hub: Hub,
    history: History,
    save: Callable[[str, str], Awaitable[None]],
) -> None:
    """Publish what the event stores have, beginning where an earlier attempt has stopped.

    Each stream is published from its first event on, in order. What is published twice has no
    effect: the inbox of the read model drops it.

    Args:
        projection: The projection.
        system: The system.
        hub: The event hub.
        history: How far it is.
        save: Called with the name of a source and the last stream that is completely published.
    """
    types = frozenset(projection.messages.of(event).name for event in projection.events)
    of_projection = {source.name: source for source in sources(projection, system)}
    async for unit, store in system.stores(None):
        for source in of_projection.values():
            if source.service is unit and source.has_history:
                async for streams in _pages(source, store, history.after.get(source.name, "")):
                    await asyncio.gather(
                        *(_publish(stream, store, hub, history.topic, types) for stream in streams)
                    )
                    await save(source.name, streams[-1])


async def _pages(source: Source, store: Store, after: str) -> AsyncIterator[tuple[str, ...]]:
    prefix = f"{identity_of(source.aggregate)}:"
    while streams := await store.streams(prefix, after=after, limit=_STREAMS):
        yield streams
        after = streams[-1]


async def _publish(stream: str, store: Store, hub: Hub, topic: str, types: frozenset[str]) -> None:
    after = 0
    while page := await store.history(stream, after=after, limit=_EVENTS):
        for event in page:
            if event.type in types:
                await hub.publish(Outgoing.of(topic, event))
        after += len(page)
