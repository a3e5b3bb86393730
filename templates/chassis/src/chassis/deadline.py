"""The deadline of the current request: nobody reads the response after it.

The gateway tells how long it waits. What is not finished by then is given up, unless it writes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

# Envoy sends it to the units; the gateway removes it from the requests of clients.
HEADER = "x-envoy-expected-rq-timeout-ms"

_current: ContextVar[float | None] = ContextVar("chassis_deadline", default=None)


class DeadlineExceeded(Exception):
    """The deadline of the request has passed."""


def after(timeout_ms: bytes | None) -> float | None:
    """Return the deadline that the value of `HEADER` sets, in monotonic seconds; None for none."""
    if timeout_ms is None or not timeout_ms.isdigit() or len(timeout_ms) > 9:
        return None
    return time.monotonic() + int(timeout_ms) / 1000


@contextmanager
def use(deadline: float | None) -> Iterator[None]:
    """Make `deadline` that of the block."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)


def remaining() -> float | None:
    """Return the seconds until the deadline, 0 after it; None without a deadline."""
    deadline = _current.get()
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def check() -> None:
    """Check that there is time left.

    Raises:
        DeadlineExceeded: There is none.
    """
    if remaining() == 0.0:
        raise DeadlineExceeded


@asynccontextmanager
async def enforced() -> AsyncIterator[None]:
    """Cancel the block at the deadline.

    Raises:
        DeadlineExceeded: The block was cancelled.
    """
    scope = asyncio.timeout(remaining())
    try:
        async with scope:
            yield
    except TimeoutError:
        if scope.expired():
            raise DeadlineExceeded from None
        raise
