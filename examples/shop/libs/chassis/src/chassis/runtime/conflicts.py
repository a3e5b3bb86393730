"""Optimistic concurrency: read, decide, write, and do it again if somebody else was faster."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from chassis.errors import Conflict

T = TypeVar("T")

_ATTEMPTS = 10
_PAUSE = 0.02


async def despite_conflicts(attempt: Callable[[], Awaitable[T]]) -> T:
    """Return what `attempt` returns, making it again on `Conflict`; the last one is raised."""
    for failed in range(_ATTEMPTS - 1):
        try:
            return await attempt()
        except Conflict:
            await asyncio.sleep(random.uniform(0, _PAUSE) * failed)
    return await attempt()
