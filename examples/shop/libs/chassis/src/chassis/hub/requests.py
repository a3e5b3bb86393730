"""Requests to a broker, which end when the connection is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chassis.errors import Unavailable

TIMEOUT = 30  # seconds


class NoTopic(Unavailable):
    """The broker does not have a topic."""


class Requests:
    """The requests that are under way: their answers never come if the connection is lost."""

    def __init__(self) -> None:
        self._timeouts: set[asyncio.Timeout] = set()

    @asynccontextmanager
    async def guard(self) -> AsyncGenerator[None, None]:
        """Raise `TimeoutError` in this block when the connection is lost.

        Before Python 3.12, `asyncio.wait_for`, which clients use, drops a cancellation that comes
        together with its result. It is not lost: the block ends with it.
        """
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        async with asyncio.timeout(TIMEOUT) as timeout:
            self._timeouts.add(timeout)
            try:
                yield
            finally:
                self._timeouts.discard(timeout)
            if task is not None and task.cancelling() > before:
                raise asyncio.CancelledError

    def fail(self) -> None:
        """End the requests."""
        for timeout in self._timeouts:
            if not timeout.expired():
                timeout.reschedule(0)
