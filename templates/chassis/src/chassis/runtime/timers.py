"""Durable timers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

import structlog

from chassis.clock import Clock
from chassis.errors import Unavailable
from chassis.store.port import Commit, Store, Timer

TimerHandler: TypeAlias = Callable[[Timer], Awaitable[None]]

_BATCH = 100
_LONGEST_SLEEP = 60.0
_BACKOFF = 1.0
_RETRY_DELAY = timedelta(seconds=30)

_log = structlog.get_logger()


class Timers:
    """The timers of one unit. A handler drops its timer in the commit of its work."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.handlers: dict[str, TimerHandler] = {}
        self._store = store
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Signal that timers were set."""
        self._woken.set()

    async def run(self) -> None:
        """Handle timers when they are due, until cancelled."""
        while True:
            self._woken.clear()
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
        """Call the handler of a timer. A failed timer is retried later and delays no other."""
        try:
            await self.handlers[timer.handler](timer)
        except Unavailable:
            raise
        except Exception:
            _log.exception("timer failed", timer=timer.id)
            later = replace(timer, due=self._clock() + _RETRY_DELAY)
            await self._store.commit(Commit(set_timers=(later,)))

    async def _until_next(self) -> float:
        due = await self._store.next_due()
        if due is None:
            return _LONGEST_SLEEP
        return min(_LONGEST_SLEEP, max(0.0, (due - self._clock()).total_seconds()))
