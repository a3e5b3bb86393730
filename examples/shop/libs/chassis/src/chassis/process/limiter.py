"""A limit of concurrent requests, with a queue that is bounded in number and in time."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much work a unit takes on.

    Attributes:
        running: Requests that are worked on at the same time. More of them would not be answered
            faster: they share one event loop and one writer.
        waiting: Requests that may wait for that.
        seconds: How long each of them may wait.
        streams: Streams that may be open, which do not run but for a look at a time.
    """

    running: int
    waiting: int
    seconds: float
    streams: int = 256


class Overloaded(Exception):
    """A request must not or could not wait any longer."""


class Limiter:
    """Lets `Limits.running` requests pass; the others wait in order."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._queue: deque[asyncio.Future[None]] = deque()
        self.running = 0

    @property
    def waiting(self) -> int:
        """The number of requests that wait."""
        return len(self._queue)

    async def acquire(self, deadline: float | None) -> None:
        """Wait for permission; each one needs a `release`.

        Args:
            deadline: When waiting becomes useless, in monotonic seconds; None for never.

        Raises:
            Overloaded: Too many requests wait, or it took too long.
        """
        limits = self._limits
        if self.running < limits.running and not self._queue:
            self.running += 1
            return
        if len(self._queue) >= limits.waiting:
            raise Overloaded
        now = time.monotonic()
        patience = limits.seconds if deadline is None else min(limits.seconds, deadline - now)
        await self._wait(patience)

    async def _wait(self, seconds: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.release()  # it came too late: the next one may go
            else:
                with suppress(ValueError):  # `release` may have removed it
                    self._queue.remove(turn)
            if isinstance(error, TimeoutError):
                raise Overloaded from None
            raise

    def release(self) -> None:
        """Let the next request pass."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)  # it takes over the place of the one that leaves
                return
        self.running -= 1
