"""The outbox relay: publishes the messages that commits have put into the outbox.

One process of a unit relays at a time. Should two do so for a moment, messages are published twice,
never out of order, and the inboxes of the receivers drop the second one.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from chassis.dead_letters import DeadLetters
from chassis.errors import Unavailable
from chassis.hub.port import Hub
from chassis.runtime.membership import Membership
from chassis.runtime.publishing import Publishing
from chassis.runtime.sent import Sent
from chassis.store.port import Store
from chassis.telemetry import Telemetry

LEASE = "relay"

# Commits wake the relay of their process. Polling finds those of other processes, and what was
# committed out of order.
_POLL_SHARED = 0.02
_POLL_ALONE = 1.0
_BACKOFF = 0.2

_log = structlog.get_logger()


class Relay:
    """Publishes the outbox of one unit; messages of one subject in the order of their commits."""

    def __init__(
        self,
        store: Store,
        hub: Hub,
        membership: Membership,
        dead_letters: DeadLetters,
        telemetry: Telemetry,
    ) -> None:
        self._store = store
        self._sent = Sent(store)
        self._hub = hub
        self._membership = membership
        self._dead_letters = dead_letters
        self._telemetry = telemetry
        self._woken = asyncio.Event()
        self._relaying = asyncio.Lock()
        self._current: Publishing | None = None
        self.problem: str | None = None
        membership.listen(self.wake)

    def wake(self) -> None:
        """Signal that the outbox has messages."""
        if self._current is not None:
            self._current.wake()
        self._woken.set()

    async def run(self) -> None:
        """Publish messages while this process holds the lease, until cancelled."""
        while True:
            self._woken.clear()
            pause = _POLL_ALONE if self._membership.alone else _POLL_SHARED
            if self._is_mine():
                try:
                    await self._publish()
                    self.problem = None
                except Unavailable as error:
                    self.problem = str(error)
                    _log.warning("outbox not published", reason=str(error))
                    await asyncio.sleep(_BACKOFF)
                    continue
            else:
                pause = _POLL_ALONE
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    async def flush_if_mine(self) -> None:
        """Publish all messages of the outbox, unless another process does so."""
        if self._is_mine():
            await self.flush()

    async def flush(self) -> None:
        """Publish all messages of the outbox, and empty it.

        Raises:
            Unavailable: The store or the hub is unavailable.
        """
        try:
            await self._publish()
        finally:
            await self._sent.removed()

    async def _publish(self) -> None:
        async with self._relaying:
            self._current = Publishing(
                self._store,
                self._sent,
                self._hub,
                self._dead_letters,
                self._telemetry,
                self._is_mine,
            )
            try:
                await self._current.run()
            finally:
                self._current = None

    def _is_mine(self) -> bool:
        return LEASE in self._membership.owned
