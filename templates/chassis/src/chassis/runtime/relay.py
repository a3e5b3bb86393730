"""The outbox relay: publishes the messages that commits have put into the outbox.

One process of a unit relays at a time. Should two do so for a moment, messages are published twice,
never out of order, and the inboxes of the receivers drop the second one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import structlog

from chassis.dead_letters import DeadLetters
from chassis.errors import TooLarge, Unavailable
from chassis.hub.port import Hub
from chassis.runtime.membership import Membership
from chassis.store.port import Pending, Store
from chassis.telemetry import Telemetry

LEASE = "relay"

_WINDOW = 512  # messages on their way to the hub
_READ = 128  # messages that are read at once
_DELETE_AFTER = 128
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
        self._hub = hub
        self._membership = membership
        self._dead_letters = dead_letters
        self._telemetry = telemetry
        self._woken = asyncio.Event()
        self._relaying = asyncio.Lock()
        self.problem: str | None = None
        membership.listen(self.wake)

    def wake(self) -> None:
        """Signal that the outbox has messages."""
        self._woken.set()

    async def run(self) -> None:
        """Publish messages while this process holds the lease, until cancelled."""
        while True:
            self._woken.clear()
            pause = _POLL_ALONE if self._membership.alone else _POLL_SHARED
            if self._is_mine():
                try:
                    await self.flush()
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
        """Publish all messages of the outbox.

        Raises:
            Unavailable: The store or the hub is unavailable.
        """
        async with self._relaying:
            await _Stream(
                self._store,
                self._hub,
                self._dead_letters,
                self._telemetry,
                self._is_mine,
                self._woken,
            ).run()

    def _is_mine(self) -> bool:
        return LEASE in self._membership.owned


class _Stream:
    """Publishes the outbox once, from its oldest message to its end."""

    def __init__(
        self,
        store: Store,
        hub: Hub,
        dead_letters: DeadLetters,
        telemetry: Telemetry,
        is_mine: Callable[[], bool],
        woken: asyncio.Event,
    ) -> None:
        self._store = store
        self._hub = hub
        self._dead_letters = dead_letters
        self._telemetry = telemetry
        self._is_mine = is_mine
        self._subjects: dict[tuple[str, str], deque[Pending]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._in_flight = 0
        self._done: list[int] = []
        self._failure: Exception | None = None
        self._woken = woken

    async def run(self) -> None:
        """Stream with a window; a message leaves the outbox after the hub has stored it.

        A crash in between publishes it again.
        """
        position = 0
        try:
            while self._failure is None and self._is_mine():
                self._woken.clear()
                room = min(_READ, _WINDOW - self._in_flight)
                pending = await self._store.pending(after=position, limit=room) if room else ()
                for message in pending:
                    self._publish(message)
                    position = message.position
                if not pending and not self._in_flight:
                    break
                if len(self._done) >= _DELETE_AFTER:
                    await self._delete()
                if len(pending) < room or not room:
                    await self._woken.wait()
        except asyncio.CancelledError:
            for task in self._running:
                task.cancel()
            raise
        finally:
            await self._settle()
        if self._failure is not None:
            raise self._failure

    def _publish(self, message: Pending) -> None:
        """Publish subjects concurrently, and the messages of one subject in order."""
        self._in_flight += 1
        key = message.message.topic, message.message.subject
        if (waiting := self._subjects.get(key)) is not None:
            waiting.append(message)
            return
        self._subjects[key] = deque((message,))
        task = asyncio.create_task(self._publish_in_order(key))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _publish_in_order(self, key: tuple[str, str]) -> None:
        waiting = self._subjects[key]
        try:
            while waiting:
                await self._publish_one(waiting[0])
                self._done.append(waiting.popleft().position)
                self._in_flight -= 1
                self._woken.set()
        except Exception as error:
            self._failure = error
        finally:
            del self._subjects[key]
            self._woken.set()

    async def _publish_one(self, pending: Pending) -> None:
        try:
            with self._telemetry.tracer.publish(pending.message):
                await self._hub.publish(pending.message)
        except TooLarge as error:
            # It would never be accepted, and must not stay in the way of others.
            await self._dead_letters.add_unpublished(pending, error)
        else:
            self._telemetry.metrics.published(pending.message.topic, pending.message.type)

    async def _settle(self) -> None:
        """Wait for what is on its way, and remove what was published."""
        if self._running:
            await asyncio.gather(*self._running, return_exceptions=True)
        await self._delete()

    async def _delete(self) -> None:
        done, self._done = tuple(self._done), []
        if done:
            await self._store.published(done)
