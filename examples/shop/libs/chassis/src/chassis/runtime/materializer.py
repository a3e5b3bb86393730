"""Materialized rows: the replicas of services, and projections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chassis.domain import evolved
from chassis.envelope import Envelope
from chassis.messages import Event
from chassis.runtime.rows import Rows
from chassis.runtime.work import Work
from chassis.store.port import Commit, Received


class Materializer:
    """Applies events to their rows, each event once."""

    def __init__(
        self, *, rows: Rows[Any], project: Callable[[Any, Any], Any], id: str, group: str
    ) -> None:
        """Create a materializer.

        Args:
            rows: The rows.
            project: Returns the row after an event; None if there is none.
            id: The field of the events with the id of the row.
            group: The consumer group, which is part of the inbox keys.
        """
        self._rows = rows
        self._project = project
        self._id = id
        self._group = group

    async def __call__(self, event: Event, envelope: Envelope, work: Work) -> None:
        """Apply one event."""
        inbox = f"{self._group}:{envelope.id}"
        if work.handled(inbox):
            return
        id = str(getattr(event, self._id))
        before = await self._rows.get(work, id)
        version = before.version if before else 0
        after = evolved(self._project, before.state if before else None, (event,))
        if after is not None:
            self._rows.put(work, id, after, expected=version, version=version + 1)
        elif before is not None:
            self._rows.delete(work, id, expected=version)
        work.add(Commit(inbox=(Received(inbox),)))
