"""Commits that wake the relay and the timers."""

from __future__ import annotations

from collections.abc import Callable

from chassis.store.port import Commit, Store


def _nobody() -> None:
    """Wake nobody."""


class Committer:
    """Commits to the store and wakes the background work that the commit causes.

    Attributes:
        wake_relay: Called when messages were put into the outbox.
        wake_timers: Called when timers were set.
    """

    def __init__(self, store: Store) -> None:
        self.wake_relay: Callable[[], None] = _nobody
        self.wake_timers: Callable[[], None] = _nobody
        self._store = store

    async def commit(self, commit: Commit) -> None:
        """Commit, as `Store.commit` does."""
        await self._store.commit(commit)
        if commit.outbox:
            self.wake_relay()
        if commit.set_timers:
            self.wake_timers()
