"""One pass over the outbox, which publishes what is in it and what comes meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from chassis.dead_letters import DeadLetters
from chassis.errors import TooLarge
from chassis.hub.port import Hub
from chassis.runtime.sent import Sent
from chassis.store.port import Pending, Store
from chassis.tasks import end
from chassis.telemetry import Telemetry

_WINDOW = 512  # messages on their way to the hub
_PER_SUBJECT = 64  # of them, so that a subject that is stuck leaves room for others
_RESUME = _PER_SUBJECT // 2
_FAILURES = 64  # subjects that fail until the hub counts as away
_READ = 128  # messages that are read at once

_Key: TypeAlias = tuple[str, str]


class Publishing:
    """Streams the outbox to the hub with a window; subjects at once, each in order.

    A subject that has its share of the window is parked: its later messages are skipped, and read
    again from the first one of them when there is room. One that fails is left to the next pass;
    the others go on up to what is in the outbox at that time. A message leaves the outbox after the
    hub has stored it, so a crash in between publishes it again.
    """

    def __init__(
        self,
        store: Store,
        sent: Sent,
        hub: Hub,
        dead_letters: DeadLetters,
        telemetry: Telemetry,
        is_mine: Callable[[], bool],
    ) -> None:
        """Create it; `run` runs it once.

        Args:
            store: The store with the outbox.
            sent: Removes what was published.
            hub: The hub.
            dead_letters: Takes what the hub does not accept.
            telemetry: Records what was published.
            is_mine: Whether this process still relays.
        """
        self._store = store
        self._sent = sent
        self._hub = hub
        self._dead_letters = dead_letters
        self._telemetry = telemetry
        self._is_mine = is_mine
        self._subjects: dict[_Key, deque[Pending]] = {}
        self._parked: dict[_Key, int] = {}  # the position of the first message that was skipped
        self._position = 0  # up to which the outbox was read
        self._unread = True
        self._running: set[asyncio.Task[None]] = set()
        self._in_flight = 0
        self._failed: set[_Key] = set()
        self._failure: Exception | None = None
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Signal that the outbox has new messages."""
        if self._failure is None:  # otherwise this pass must end, so that the next one retries
            self._unread = True
            self._changed.set()

    async def run(self) -> None:
        """Publish until the outbox is empty.

        Raises:
            Exception: A message could not be published. What was on its way is, before this ends.
        """
        try:
            while len(self._failed) < _FAILURES and self._is_mine():
                self._changed.clear()
                await self._read()
                if not (self._in_flight or self._unread or self._parked):
                    break
                if not self._has_work():
                    await self._changed.wait()
        except asyncio.CancelledError:
            await end(self._running)
            raise
        finally:
            await asyncio.gather(*self._running, return_exceptions=True)
        if self._failure is not None:
            raise self._failure

    def _has_room(self) -> bool:
        return _WINDOW - self._in_flight >= _READ

    def _has_work(self) -> bool:
        """Return whether there is something to read, and room for it."""
        return self._has_room() and (self._unread or self._next_parked() is not None)

    def _next_parked(self) -> _Key | None:
        """Return the parked subject with room that has waited for longest."""
        ready = [key for key in self._parked if len(self._subjects.get(key, ())) <= _RESUME]
        return min(ready, key=self._parked.__getitem__, default=None)

    async def _read(self) -> None:
        """Read a batch if there is room for it: skipped messages first, then those not yet seen."""
        if not self._has_room():
            return
        if (key := self._next_parked()) is not None:
            await self._read_skipped(key)
        elif self._unread:
            self._unread = False
            pending = await self._store.pending(after=self._position, limit=_READ)
            self._unread = self._unread or len(pending) == _READ
            for message in pending:
                self._position = message.position
                self._take(message)

    async def _read_skipped(self, key: _Key) -> None:
        first = self._parked.pop(key)
        pending = await self._store.pending(after=first - 1, limit=_READ)
        if key in self._failed:  # meanwhile
            return
        for message in pending:
            if message.position > self._position:
                return
            if _key(message) == key:
                self._take(message)
                if key in self._parked:
                    return
        if len(pending) == _READ and pending[-1].position < self._position:
            self._parked[key] = pending[-1].position + 1

    def _take(self, message: Pending) -> None:
        """Publish a message after those before it of its subject, or skip it for now."""
        key = _key(message)
        waiting = self._subjects.get(key)
        if key in self._parked or key in self._failed or message.position in self._sent:
            return
        if waiting is not None and len(waiting) >= _PER_SUBJECT:
            self._parked[key] = message.position
            return
        self._in_flight += 1
        if waiting is not None:
            waiting.append(message)
            return
        self._subjects[key] = deque((message,))
        task = asyncio.create_task(self._publish_in_order(key))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _publish_in_order(self, key: _Key) -> None:
        waiting = self._subjects[key]
        try:
            while waiting:
                await self._publish(waiting[0])
                self._sent.add(waiting.popleft().position)
                self._in_flight -= 1
                if self._has_work():
                    self._changed.set()
        except Exception as error:
            self._failure = self._failure or error
            self._failed.add(key)
            self._parked.pop(key, None)
            self._in_flight -= len(waiting)
        finally:
            del self._subjects[key]
            self._changed.set()

    async def _publish(self, pending: Pending) -> None:
        try:
            with self._telemetry.tracer.publish(pending.message):
                await self._hub.publish(pending.message)
        except TooLarge as error:
            # It would never be accepted, and must not stay in the way of others.
            await self._dead_letters.add_unpublished(pending, error)
        else:
            self._telemetry.metrics.published(pending.message.topic, pending.message.type)


def _key(pending: Pending) -> _Key:
    return pending.message.topic, pending.message.subject
