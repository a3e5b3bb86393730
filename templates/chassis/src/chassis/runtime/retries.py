"""Optimistic concurrency: read, decide, write, and repeat on a conflict."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from chassis.errors import Conflict

T = TypeVar("T")

_ATTEMPTS = 10
_PAUSE = 0.02


async def retry_on_conflict(attempt: Callable[[], Awaitable[T]]) -> T:
    """Return the result of `attempt`, which is repeated after a `Conflict`.

    Raises:
        Conflict: The last attempt has failed, too.
    """
    for failed in range(_ATTEMPTS - 1):
        try:
            return await attempt()
        except Conflict:
            await asyncio.sleep(random.uniform(0, _PAUSE) * failed)
    return await attempt()
