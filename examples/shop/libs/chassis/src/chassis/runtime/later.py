"""Work that is put off for a while, so that one run serves many requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Later:
    """Calls a function some time after it was requested."""

    def __init__(self, delay: float, act: Callable[[], Awaitable[None]]) -> None:
        """Create it; nothing is requested yet.

        Args:
            delay: Seconds from the request to the call.
            act: The function. It must not raise.
        """
        self._delay = delay
        self._act = act
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def request(self) -> None:
        """Call the function after the delay, unless that was requested already."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._delay, self._begin)

    def postpone(self) -> None:
        """Call the function after the delay, and not before."""
        self._cancel()
        self.request()

    async def end(self) -> None:
        """Withdraw the request, and wait for a call that has begun."""
        self._cancel()
        if self._task is not None:
            await self._task
            self._task = None

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self) -> None:
        self._timer = None
        self._task = asyncio.create_task(self._run(self._task))

    async def _run(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        await self._act()
