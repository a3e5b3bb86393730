"""Repetition: on conflicts with other writers, and after failures."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from chassis.errors import AlreadyHandled, Conflict

T = TypeVar("T")

_ATTEMPTS = 10
_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a message is attempted.

    Attributes:
        attempts: The number of attempts before the message becomes a dead letter.
        first: The pause after the first failure in seconds; it doubles with each failure.
        longest: The longest pause in seconds.
    """

    attempts: int = 6
    first: float = 0.1
    longest: float = 5.0

    def pause(self, failures: int) -> float:
        """Return the pause in seconds after that many failures."""
        return min(self.longest, self.first * 2.0 ** min(failures - 1, 30))


RETRY = Retry()


async def retry_on_conflict(attempt: Callable[[], Awaitable[T]]) -> T:
    """Return the result of `attempt`, which is repeated after a `Conflict`.

    Optimistic concurrency: read, decide, write, and repeat on a conflict.

    Raises:
        Conflict: The last attempt has failed, too.
    """
    for failed in range(_ATTEMPTS - 1):
        try:
            return await attempt()
        except Conflict:
            await asyncio.sleep(random.uniform(0, _PAUSE) * failed)
    return await attempt()


async def repeat(attempt: Callable[[frozenset[str]], Awaitable[None]]) -> None:
    """Repeat `attempt` after conflicts, and without what turns out to be handled already.

    Args:
        attempt: Gets the ids of the messages that were handled before.

    Raises:
        AlreadyHandled: `attempt` handles messages again although it knows that they were handled.
        Conflict: The last attempt has failed, too.
    """
    handled: frozenset[str] = frozenset()
    while True:
        try:
            return await retry_on_conflict(partial(attempt, handled))
        except AlreadyHandled as error:
            if error.results.keys() <= handled:
                raise
            handled |= error.results.keys()
