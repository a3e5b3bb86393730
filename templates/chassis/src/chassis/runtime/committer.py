"""Commits that wake the relay and the timers."""

from __future__ import annotations

from collections.abc import Callable

from chassis.store.port import Commit, Store


class Committer:
    """Commits to the store and wakes the background work that the commit causes."""

    def __init__(
        self, store: Store, wake_relay: Callable[[], None], wake_timers: Callable[[], None]
    ) -> None:
        self._store = store
        self._wake_relay = wake_relay
        self._wake_timers = wake_timers

    async def commit(self, commit: Commit) -> None:
        """Commit, as `Store.commit` does."""
        await self._store.commit(commit)
        if commit.outbox:
            self._wake_relay()
        if commit.set_timers:
            self._wake_timers()
