"""The runtime of a projection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.hub.port import Hub
from chassis.projection import Projection
from chassis.results import Page
from chassis.runtime.clock import Clock, utc_now
from chassis.store.port import Store


class ProjectionRuntime:
    """A projection at work on a store and a hub."""

    def __init__(
        self, projection: Projection[Any, Any], store: Store, hub: Hub, clock: Clock = utc_now
    ) -> None:
        self._projection = projection

    async def search(
        self,
        by: Mapping[str, object],
        filter: Mapping[str, object],
        sort: tuple[str, ...],
        limit: int,
        cursor: str | None = None,
    ) -> Page[Any]:
        """Return a page of rows; as `ServiceRuntime.search`."""
        raise NotImplementedError

    async def start(self) -> None:
        """Prepare the store and start the consumers; return when they run."""

    async def drain(self) -> None:
        """Take no more messages and finish those in flight."""

    async def close(self) -> None:
        """Stop everything at once. The store and the hub are the caller's to close."""

    async def readiness(self) -> dict[str, str]:
        """Return for every part ("store", "hub", "consumers") "ok" or the reason why it is not."""
        return {}
