"""Waiting for a condition, never for a time: how long something takes says nothing about it.

A test that passes waits no longer than it must; one that fails is allowed to take its time, so
that a busy machine makes no test fail.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 120.0
"""Seconds that a test waits for what must happen."""

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str = "what was waited for") -> T:
    """Return what `condition` returns as soon as that is true.

    Raises:
        AssertionError: it is not after `PATIENCE` seconds; `what` says what was waited for.
    """
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen in {PATIENCE:.0f} s"
        time.sleep(0.01)
    return found


async def until(condition: Callable[[], object]) -> None:
    """Return when `condition` holds; TimeoutError after `PATIENCE` seconds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what happens elsewhere sets no event of ours
            await asyncio.sleep(0.005)
