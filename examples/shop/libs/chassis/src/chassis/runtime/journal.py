"""Commits that wake those who wait for their consequences."""

from __future__ import annotations

from collections.abc import Callable

from chassis.store.port import Commit, Store


class Journal:
    """The way every part of a unit writes: the store's commit, then no waiting for what follows."""

    def __init__(
        self, store: Store, wake_relay: Callable[[], None], wake_timers: Callable[[], None]
    ) -> None:
        self._store = store
        self._wake_relay = wake_relay
        self._wake_timers = wake_timers

    async def commit(self, commit: Commit) -> None:
        """As `Store.commit`."""
        await self._store.commit(commit)
        if commit.outbox:
            self._wake_relay()
        if commit.set_timers:
            self._wake_timers()
