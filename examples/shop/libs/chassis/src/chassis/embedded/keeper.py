"""Keeping one process running: it is started again when it ends, with growing delays."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from chassis.embedded import children
from chassis.embedded.children import Child
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.processes import Running
from chassis.embedded.state import Ends, Planned

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """The delays before restarts, in seconds.

    Attributes:
        first: After the first end.
        longest: The upper limit; each delay is twice the previous one.
        ran_well: A process that ran this long starts with `first` again.
    """

    first: float = 0.1
    longest: float = 30.0
    ran_well: float = 10.0

    def after(self, ends: int) -> float:
        """Return the delay after so many ends in a row."""
        return float(min(self.first * 2 ** min(ends - 1, 16), self.longest))


class Keeper:
    """Keeps one process of the plan running."""

    def __init__(
        self,
        planned: Planned,
        *,
        root: Path,
        log: Path,
        ends: Ends,
        on_start: Callable[[Running], None],
        on_end: Callable[[Ends], None],
        stop: Callable[[Running], object],
        backoff: Backoff,
    ) -> None:
        """Create the keeper.

        Args:
            planned: The process.
            root: Its working directory.
            log: The file of its output.
            ends: How it has ended so far.
            on_start: Called after each start.
            on_end: Called after each end.
            stop: Stops it, and returns when it has ended.
            backoff: The delays before restarts.
        """
        self._planned = planned
        self._root = root
        self._output = log
        self._ends = ends
        self._on_start = on_start
        self._on_end = on_end
        self._stop = stop
        self._backoff = backoff
        self._restart = asyncio.Event()

    def restart(self) -> None:
        """Restart the process, or start it now if it waits to be started again."""
        self._restart.set()

    async def run(self, child: Child | None) -> None:
        """Keep the process running until this is cancelled; `child` is running already."""
        while True:
            began = time.monotonic()
            try:
                child = child or await self._start()
                reason = await self._until_end(child)
            except EmbeddedError as error:
                reason = str(error)
            child = None
            if reason is None:
                self._note(replace(self._ends, in_a_row=0))
            else:
                ran_well = time.monotonic() - began >= self._backoff.ran_well
                await self._back_off(reason, ran_well=ran_well)

    async def _start(self) -> Child:
        self._restart.clear()
        child = await children.start(self._planned, root=self._root, log=self._output)
        self._on_start(child.running)
        return child

    async def _until_end(self, child: Child) -> str | None:
        """Return the reason of the end; None if a restart was requested."""
        ending = asyncio.create_task(child.wait())
        requested = asyncio.create_task(self._restart.wait())
        try:
            await asyncio.wait({ending, requested}, return_when=asyncio.FIRST_COMPLETED)
            if ending.done():
                return ending.result()
            _log.info("%s: stopping for a restart", self._planned.name)
            await asyncio.to_thread(self._stop, child.running)
            return None
        finally:
            ending.cancel()
            requested.cancel()

    async def _back_off(self, reason: str, *, ran_well: bool) -> None:
        """Wait before the next start; a requested restart cuts that short."""
        in_a_row = 1 if ran_well else self._ends.in_a_row + 1
        self._note(Ends(restarts=self._ends.restarts + 1, in_a_row=in_a_row, last=reason))
        delay = self._backoff.after(in_a_row)
        _log.warning("%s: %s; starting again in %.1f s", self._planned.name, reason, delay)
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._restart.wait()
            self._note(replace(self._ends, in_a_row=0))

    def _note(self, ends: Ends) -> None:
        self._ends = ends
        self._on_end(ends)
