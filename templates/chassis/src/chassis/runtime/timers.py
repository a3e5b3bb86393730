"""Durable timers. One process of a unit handles them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias

import structlog

from chassis.clock import Clock
from chassis.errors import AlreadyHandled, Unavailable
from chassis.runtime.committer import Committer
from chassis.runtime.membership import Membership
from chassis.runtime.retries import retry_on_conflict
from chassis.runtime.work import Work
from chassis.store.port import Commit, Store, Timer

TimerHandler: TypeAlias = Callable[[Timer, Work], Awaitable[None]]
Ready: TypeAlias = Callable[[datetime], Awaitable[bool]]

LEASE = "timers"

_BATCH = 100
_LONGEST_SLEEP = 1.0  # timers of other processes are found by looking
_BACKOFF = 1.0
_RETRY_DELAY = timedelta(seconds=30)
_POSTPONED = timedelta(seconds=1)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Handling:
    """How the timers of one handler are handled.

    Attributes:
        handle: Adds the effects of a timer; it drops the timer.
        ready: Returns whether everything was handled that had happened at a time; a timer waits for
            what happened before it.
    """

    handle: TimerHandler
    ready: Ready | None = None


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
                    await self.handle_due()
                    pause = await self._until_next()
                except Unavailable as error:
                    _log.warning("timers not handled", reason=str(error))
                    pause = _BACKOFF
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()

    async def handle_due(self) -> None:
        """Handle every timer that is due now."""
        while due := await self._store.due(self._clock(), _BATCH):
            for timer in due:
                await self._fire(timer)

    async def _fire(self, timer: Timer) -> None:
        """Handle a timer. A failed timer is retried later and delays no other."""
        try:
            handling = self.handlers[timer.handler]
            if handling.ready is not None and not await handling.ready(timer.due):
                await self._postpone(timer, _POSTPONED)
            else:
                await self._handle(handling.handle, timer)
        except Unavailable:
            raise
        except Exception:
            _log.exception("timer failed", timer=timer.id)
            await self._postpone(timer, _RETRY_DELAY)

    async def _handle(self, handle: TimerHandler, timer: Timer) -> None:
        handled: set[str] = set()
        while True:
            try:
                return await retry_on_conflict(partial(self._attempt, handle, timer, handled))
            except AlreadyHandled as error:
                handled |= error.results.keys()

    async def _attempt(self, handle: TimerHandler, timer: Timer, handled: set[str]) -> None:
        work = Work(self._store, handled=handled)
        await handle(timer, work)
        await self._committer.commit(work)

    async def _postpone(self, timer: Timer, delay: timedelta) -> None:
        later = replace(timer, due=self._clock() + delay)
        await self._store.commit(Commit(set_timers=(later,)))

    async def _until_next(self) -> float:
        due = await self._store.next_due()
        if due is None:
            return _LONGEST_SLEEP
        return min(_LONGEST_SLEEP, max(0.0, (due - self._clock()).total_seconds()))
