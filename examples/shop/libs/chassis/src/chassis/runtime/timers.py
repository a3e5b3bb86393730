"""Durable timers. One process of a unit handles them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeAlias

import structlog

from chassis.clock import Clock
from chassis.errors import Unavailable
from chassis.runtime.committer import Committer
from chassis.runtime.membership import Membership
from chassis.runtime.retries import repeat
from chassis.runtime.work import Work
from chassis.store.port import Commit, Store, Timer

TimerHandler: TypeAlias = Callable[[Timer, Work], Awaitable[None]]
OldestUnhandled: TypeAlias = Callable[[], Awaitable[datetime | None]]

LEASE = "timers"

_BATCH = 100
_LONGEST_SLEEP = 1.0  # timers of other processes are found by looking
_BACKOFF = 1.0
_RETRY_DELAY = timedelta(seconds=30)
_UNKNOWN = datetime.min.replace(tzinfo=UTC)  # while the hub is away, timers wait

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Handling:
    """How the timers of one handler are handled.

    Attributes:
        handle: Adds the effects of a timer; it drops the timer.
        oldest_unhandled: Returns when the oldest message was published that is still to be handled,
            or None. A timer waits for the messages that were published before it was due.
    """

    handle: TimerHandler
    oldest_unhandled: OldestUnhandled | None = None


class Timers:
    """The timers of one unit."""

    def __init__(
        self, store: Store, committer: Committer, membership: Membership, clock: Clock
    ) -> None:
        self.handlers: dict[str, Handling] = {}
        self._store = store
        self._committer = committer
        self._membership = membership
        self._clock = clock
        self._woken = asyncio.Event()
        membership.listen(self.wake)

    def wake(self) -> None:
        """Signal that timers were set."""
        self._woken.set()

    async def run(self) -> None:
        """Handle timers when they are due, while this process holds the lease."""
        while True:
            self._woken.clear()
            pause = _LONGEST_SLEEP
            if LEASE in self._membership.owned:
                try:
                    left = await self.handle_due()
                    pause = _LONGEST_SLEEP if left else await self._until_next()
                except Unavailable as error:
                    _log.warning("timers not handled", reason=str(error))
                    pause = _BACKOFF
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    async def handle_due(self) -> bool:
        """Handle the timers that are due now, and return whether some are left for later."""
        now = self._clock()
        readiness = _Readiness()
        left: set[str] = set()
        while due := await self._store.due(now, _BATCH + len(left)):
            wanted = [timer for timer in due if timer.id not in left]
            if not wanted:
                break
            for timer in wanted:
                if not await self._fire(timer, readiness):
                    left.add(timer.id)
        return bool(left)

    async def _fire(self, timer: Timer, readiness: _Readiness) -> bool:
        """Handle a timer, unless it waits for messages. One that fails delays no other."""
        try:
            handling = self.handlers[timer.handler]
            if not await readiness.of(handling, timer.due):
                return False
            await repeat(partial(self._attempt, handling.handle, timer))
        except Unavailable:
            raise
        except Exception:
            _log.exception("timer failed", timer=timer.id)
            await self._retry_later(timer)
            return False
        return True

    async def _attempt(self, handle: TimerHandler, timer: Timer, handled: frozenset[str]) -> None:
        work = Work(self._store, handled=handled)
        await handle(timer, work)
        await self._committer.commit(work)

    async def _retry_later(self, timer: Timer) -> None:
        later = replace(timer, due=self._clock() + _RETRY_DELAY)
        await self._store.commit(Commit(set_timers=(later,)))

    async def _until_next(self) -> float:
        due = await self._store.next_due()
        if due is None:
            return _LONGEST_SLEEP
        return min(_LONGEST_SLEEP, max(0.0, (due - self._clock()).total_seconds()))


class _Readiness:
    """Asks once for all timers that are due at the same time whether they wait for messages."""

    def __init__(self) -> None:
        self._oldest: dict[OldestUnhandled, datetime | None] = {}

    async def of(self, handling: Handling, due: datetime) -> bool:
        """Return whether everything is handled that was published before `due`."""
        look = handling.oldest_unhandled
        if look is None:
            return True
        if look not in self._oldest:
            try:
                self._oldest[look] = await look()
            except Unavailable as error:
                _log.warning("timers wait for messages", reason=str(error))
                self._oldest[look] = _UNKNOWN
        oldest = self._oldest[look]
        return oldest is None or oldest > due
