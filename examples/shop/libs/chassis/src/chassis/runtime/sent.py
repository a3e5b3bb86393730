"""What was published and is still in the outbox for a moment."""

from __future__ import annotations

import asyncio

import structlog

from chassis.errors import Unavailable
from chassis.store.port import Store

_log = structlog.get_logger()


class Sent:
    """Removes published messages from the outbox, beside the publishing.

    Nothing waits for the removal: a crash before it publishes the messages again, and the receivers
    know them. So the store may put it off until its next commit.
    """

    def __init__(self, store: Store) -> None:
        """Create it.

        Args:
            store: The store with the outbox.
        """
        self._store = store
        self._sent: set[int] = set()
        self._waiting: list[int] = []
        self._removing: asyncio.Task[None] | None = None

    def __contains__(self, position: int) -> bool:
        return position in self._sent

    def add(self, position: int) -> None:
        """Note that the message at `position` was published."""
        self._sent.add(position)
        self._waiting.append(position)
        if self._removing is None:
            self._removing = asyncio.create_task(self._remove())

    async def removed(self) -> None:
        """Wait until everything is removed that was published, as far as the store allows it."""
        while self._removing is not None:
            await asyncio.wait((self._removing,))

    async def _remove(self) -> None:
        try:
            while self._waiting:
                positions, self._waiting = tuple(self._waiting), []
                try:
                    await self._store.published(positions)
                except Unavailable as error:  # then they are published once more
                    _log.warning("outbox not emptied", reason=str(error))
                self._sent.difference_update(positions)
        finally:
            self._removing = None
