"""Commits that wake the relay and the timers."""

from __future__ import annotations

from collections.abc import Callable

from chassis.runtime.work import Work
from chassis.store.port import Store
from chassis.telemetry import Metrics


def _nobody() -> None:
    """Wake nobody."""


class Committer:
    """Commits to the store and wakes the background work that the commit causes.

    Attributes:
        wake_relay: Called when messages were put into the outbox.
        wake_timers: Called when timers were set.
    """

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self.wake_relay: Callable[[], None] = _nobody
        self.wake_timers: Callable[[], None] = _nobody
        self._store = store
        self._metrics = metrics

    async def commit(self, work: Work) -> None:
        """Commit the changes of a work, as `Store.commit` does."""
        commit = work.changes
        await self._store.commit(commit)
        for type, outcome in work.outcomes:
            self._metrics.command(type, outcome)
        if commit.outbox:
            self.wake_relay()
        if commit.set_timers:
            self.wake_timers()
