"""The places of the requests that a unit works on, and its streams, which have none for long."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from chassis.http.problem import Problem
from chassis.process.limiter import Limiter, Overloaded

_OF_A_CALLER = 16
_RETRY_AFTER = {"Retry-After": "10"}


class Streams:
    """The open streams of a unit: at most `most`, and a few of each caller."""

    def __init__(self, most: int) -> None:
        self.open = 0
        self.ending = asyncio.Event()
        self._most = most
        self._callers: Counter[UUID] = Counter()

    @contextmanager
    def counted(self, caller: UUID | None) -> Iterator[None]:
        """Count a stream during the block.

        Raises:
            Problem: 503, there are too many; 429, the caller has too many.
        """
        if self.open >= self._most or self.ending.is_set():
            raise Problem(503, "overloaded", headers=_RETRY_AFTER)
        if caller and self._callers[caller] >= _OF_A_CALLER:
            raise Problem(429, "too_many_streams", headers=_RETRY_AFTER)
        self.open += 1
        if caller:
            self._callers[caller] += 1
        try:
            yield
        finally:
            self.open -= 1
            if caller:
                self._callers[caller] -= 1
                self._callers += Counter()  # forget those who have none


class Place:
    """The place of one request. See `chassis.http.live.Place`."""

    def __init__(self, limiter: Limiter, streams: Streams) -> None:
        self._limiter = limiter
        self._streams = streams
        self._is_taken = True

    @contextmanager
    def streaming(self, caller: UUID | None) -> Iterator[None]:
        """Count a stream of `caller`, and give the place up."""
        with self._streams.counted(caller):
            self.leave()
            yield

    async def regain(self) -> bool:
        """Wait for a place; False if there was none in time."""
        try:
            await self._limiter.acquire(None)
        except Overloaded:
            return False
        self._is_taken = True
        return True

    def leave(self) -> None:
        """Give the place up, if the request has it."""
        if self._is_taken:
            self._is_taken = False
            self._limiter.release()

    async def draining(self) -> None:
        """Return when streams have to end."""
        await self._streams.ending.wait()
