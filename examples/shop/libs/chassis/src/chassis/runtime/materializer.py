"""Materialized rows: the replicas of services, and projections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chassis.domain import evolved
from chassis.envelope import Envelope
from chassis.messages import Event
from chassis.results import Versioned
from chassis.runtime.retries import retry_on_conflict
from chassis.runtime.rows import Rows
from chassis.store.port import Commit, Store


class Materializer:
    """Applies events to their rows, each event once."""

    def __init__(
        self,
        *,
        rows: Rows[Any],
        project: Callable[[Any, Any], Any],
        id: str,
        group: str,
        store: Store,
    ) -> None:
        """Create a materializer.

        Args:
            rows: The rows.
            project: Returns the row after an event; None if there is none.
            id: The field of the events with the id of the row.
            group: The consumer group, which is part of the inbox keys.
            store: The store of the rows.
        """
        self._rows = rows
        self._project = project
        self._id = id
        self._group = group
        self._store = store

    async def __call__(self, event: Event, envelope: Envelope) -> None:
        """Apply one event."""
        inbox = f"{self._group}:{envelope.id}"
        if await self._store.handled(inbox) is None:
            await retry_on_conflict(lambda: self._apply(event, inbox))

    async def _apply(self, event: Event, inbox: str) -> None:
        id = str(getattr(event, self._id))
        before = await self._rows.get(id)
        after = evolved(self._project, before.state if before else None, (event,))
        await self._store.commit(self._change(id, before, after, inbox))

    def _change(self, id: str, before: Versioned[Any] | None, after: Any, inbox: str) -> Commit:
        version = before.version if before else 0
        if after is not None:
            put = self._rows.put(id, after, expected=version, version=version + 1)
            return Commit(inbox=inbox, puts=(put,))
        if before is not None:
            return Commit(inbox=inbox, deletes=(self._rows.delete(id, expected=version),))
        return Commit(inbox=inbox)
