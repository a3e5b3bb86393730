"""Tasks that are ended from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

_AGAIN = 5.0  # seconds; cleaning up takes less


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel `tasks` and wait until all of them have ended, whatever their results are.

    A task that goes on is cancelled again: a library may have swallowed the cancellation, as
    `asyncio.wait_for` of Python 3.11 does when what it waits for is done at the same moment.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_AGAIN)
