"""The writer of a Redis store: what waits at the same time shares a call, and its sync.

A call has the name of the writer and a number. If its answer is lost, it is sent again, and the
server answers as before if it has executed it. So nothing is written twice.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import uuid4

from chassis.errors import StoreLost, Unavailable
from chassis.store.redis.address import Limits
from chassis.store.redis.client import Argument, Client
from chassis.store.redis.errors import BROKEN

_GROUP = 128
_LARGEST = 4 << 20  # bytes of the arguments of a call, about
_LAZY = 0.1  # seconds that lazy writes wait for others
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0

Outcome: TypeAlias = list[bytes]


@dataclass(slots=True, eq=False)
class _Job:
    arguments: list[Argument]
    done: asyncio.Future[Outcome]

    @property
    def size(self) -> int:
        return sum(
            len(argument) if isinstance(argument, str | bytes) else 8 for argument in self.arguments
        )


class Writer:
    """Writes in the order in which it is asked to. What has returned is durable."""

    def __init__(self, client: Client, limits: Limits) -> None:
        self._client = client
        self._limits = limits
        self._name = uuid4().hex
        self._number = 0
        self._jobs: deque[_Job] = deque()
        self._wanted = asyncio.Event()
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    async def write(self, arguments: list[Argument], *, lazy: bool = False) -> Outcome:
        """Execute one operation, and return its outcome.

        Args:
            arguments: The name of the operation, and its arguments.
            lazy: Whether it may wait for a moment, for others to go with.

        Raises:
            Unavailable: The server does not answer. If it did not answer to this operation, nobody
                knows whether it has been executed.
        """
        if self._closed:
            raise Unavailable(f"{self._client.address}: the store is closed")
        loop = asyncio.get_running_loop()
        job = _Job(arguments, loop.create_future())
        self._jobs.append(job)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="redis-writer")
        if lazy:
            loop.call_later(_LAZY, self._wanted.set)
        else:
            self._wanted.set()
        return await job.done

    async def close(self) -> None:
        """Finish what waits."""
        self._closed = True
        self._wanted.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not (self._closed and not self._jobs):
            await self._wanted.wait()
            if not self._closed:
                self._wanted.clear()
            while self._jobs:
                await self._write(self._next_group())

    def _next_group(self) -> list[_Job]:
        group = [self._jobs.popleft()]
        size = group[0].size
        while self._jobs and len(group) < _GROUP and size + self._jobs[0].size <= _LARGEST:
            group.append(self._jobs.popleft())
            size += group[-1].size
        return group

    async def _write(self, group: list[_Job]) -> None:
        self._number += 1
        arguments = [argument for job in group for argument in job.arguments]
        try:
            outcomes = await self._outcomes(arguments)
        except Exception as error:
            for job in group:
                if not job.done.done():
                    job.done.set_exception(error)
            return
        for job, outcome in zip(group, outcomes, strict=True):
            if not job.done.done():
                job.done.set_result(outcome)

    async def _outcomes(self, arguments: list[Argument]) -> list[Outcome]:
        """Send a call until it is answered, or the patience is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._limits.patience
        pause = _FIRST_PAUSE
        while True:
            try:
                answer: Any = await self._client.write(
                    "write", self._name, self._number, *arguments
                )
            except StoreLost:
                raise
            except Unavailable as error:
                if not isinstance(error.__cause__, BROKEN) or loop.time() + pause > end:
                    raise
            else:
                return list(answer)
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, _LONGEST_PAUSE)
