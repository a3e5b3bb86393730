"""The runtime of a projection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.clock import Clock, utc_now
from chassis.dead_letters import DeadLetterPublisher
from chassis.health import Checks
from chassis.hub.port import Hub
from chassis.identity import identity_of
from chassis.projection import Projection
from chassis.results import Page
from chassis.runtime.bindings import bindings, consumers
from chassis.runtime.consumer import RETRY, Retry
from chassis.runtime.indexes import indexes
from chassis.runtime.materializer import Materializer
from chassis.runtime.rows import Rows
from chassis.runtime.unit import Unit
from chassis.store.port import Store


class ProjectionRuntime:
    """Runs a projection on a store and a hub."""

    def __init__(
        self,
        projection: Projection[Any, Any],
        store: Store,
        hub: Hub,
        clock: Clock = utc_now,
        retry: Retry = RETRY,
    ) -> None:
        messages, name = projection.messages, identity_of(projection)
        key = (*projection.key.partition, *projection.key.cluster)
        wanted = [key, *indexes(projection.routes, projection.row)]
        self._rows: Rows[Any] = Rows(store, "rows", projection.row, wanted, projection.stored)
        materializer = Materializer(
            rows=self._rows, project=projection.project, id=projection.id, group=name, store=store
        )
        self._unit = Unit(
            name=name,
            messages=messages,
            store=store,
            hub=hub,
            clock=clock,
            collections=[self._rows.collection],
            consumers=consumers(
                bindings(messages, name, projection.events, materializer),
                DeadLetterPublisher(name, messages, hub, clock),
                retry,
            ),
        )

    async def search(
        self,
        by: Mapping[str, object],
        filter: Mapping[str, object],
        sort: tuple[str, ...],
        limit: int,
        cursor: str | None = None,
    ) -> Page[Any]:
        """Return a page of rows; see `ServiceRuntime.search`."""
        return await self._rows.search(by, filter, sort, limit, cursor)

    async def start(self) -> None:
        """Prepare the store and start the consumers; return when they run."""
        await self._unit.start()

    async def drain(self) -> None:
        """Receive no more messages and finish those in flight."""
        await self._unit.drain()

    async def close(self) -> None:
        """Stop immediately. The caller closes the store and the hub."""
        await self._unit.close()

    async def readiness(self) -> Checks:
        """Return "ok", or the reason why not, for the store, the hub and the consumers."""
        return await self._unit.readiness()
