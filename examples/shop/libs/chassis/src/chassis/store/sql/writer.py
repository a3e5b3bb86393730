"""The writer of a relational store: commits that wait at the same time share a transaction."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from chassis.errors import AlreadyHandled, Conflict, Duplicate, Unavailable
from chassis.store.port import Commit
from chassis.store.sql.commit import Batch

_GROUP = 256
_LAZY = 0.1  # seconds that lazy writes wait for others
_ATTEMPTS = 5

_REFUSED = (AlreadyHandled, Conflict, Duplicate, ValueError, TypeError, KeyError)


class Again(Unavailable):
    """Another transaction was in the way."""


class Transaction(Protocol):
    """A transaction that writes one batch."""

    async def write(self, batch: Batch) -> None:
        """Write a batch; see `Store.commit`.

        Raises:
            Again: Another transaction was in the way, so that this one can be repeated.
        """
        ...

    async def commit(self) -> None:
        """Make it durable."""
        ...

    async def rollback(self) -> None:
        """Undo it; nothing is raised if that is not possible any more."""
        ...


@dataclass(slots=True, eq=False)
class _Job:
    commit: Commit
    published: tuple[int, ...]
    done: asyncio.Future[None]


class Writer:
    """Writes commits in the order in which they come. Each is atomic, and durable when it returns.

    A group that is refused is divided until the commits that are refused are alone.
    """

    def __init__(
        self, begin: Callable[[], AbstractAsyncContextManager[Transaction]], where: str
    ) -> None:
        """Write in transactions that `begin` begins, to the store that is named `where`."""
        self._begin = begin
        self._where = where
        self._jobs: deque[_Job] = deque()
        self._lazy: list[_Job] = []
        self._wanted = asyncio.Event()
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    async def commit(self, commit: Commit) -> None:
        """Write `commit`; see `Store`."""
        messages = [entry.message for entry in commit.inbox]
        if twice := {each for each in messages if messages.count(each) > 1}:
            raise ValueError(f"twice in one commit: {', '.join(twice)}")
        await self._put(_Job(commit, (), self._future()), lazy=False)

    async def published(self, positions: tuple[int, ...]) -> None:
        """Remove messages from the outbox, with the next commit if there is one soon."""
        await self._put(_Job(Commit(), positions, self._future()), lazy=True)

    async def close(self) -> None:
        """Finish what waits."""
        self._closed = True
        self._wanted.set()
        if self._task is not None:
            await self._task

    def _future(self) -> asyncio.Future[None]:
        if self._closed:
            raise Unavailable(f"{self._where}: the store is closed")
        return asyncio.get_running_loop().create_future()

    async def _put(self, job: _Job, *, lazy: bool) -> None:
        self._jobs.append(job)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="store-writer")
        if lazy:
            asyncio.get_running_loop().call_later(_LAZY, self._wanted.set)
        else:
            self._wanted.set()
        await job.done

    async def _run(self) -> None:
        while not (self._closed and not self._jobs):
            await self._wanted.wait()
            if not self._closed:
                self._wanted.clear()
            while self._jobs:
                await self._write(list(self._next_group()))

    def _next_group(self) -> Iterator[_Job]:
        """Return the first jobs that touch nothing in common."""
        touched: set[Hashable] = set()
        for _ in range(min(_GROUP, len(self._jobs))):
            keys = set(_keys(self._jobs[0].commit))
            if keys & touched:
                return
            touched |= keys
            yield self._jobs.popleft()

    async def _write(self, group: list[_Job]) -> None:
        try:
            await self._attempt(group)
        except _REFUSED as error:
            if len(group) == 1:
                _report(group, error)
                return
            middle = len(group) // 2
            await self._write(group[:middle])
            await self._write(group[middle:])
        except Exception as error:
            _report(group, error)
        else:
            _report(group, None)

    async def _attempt(self, group: list[_Job]) -> None:
        """Write a group in one transaction; again if it failed before the COMMIT.

        A connection that breaks during the COMMIT leaves open whether it has happened.
        """
        batch = Batch(
            commits=tuple(job.commit for job in group),
            published=tuple(position for job in group for position in job.published),
        )
        for attempt in range(_ATTEMPTS):
            committing = False
            try:
                async with self._begin() as transaction:
                    try:
                        await transaction.write(batch)
                    except BaseException:
                        await transaction.rollback()
                        raise
                    committing = True
                    await transaction.commit()
                return
            except Unavailable as error:
                again = attempt == 0 or isinstance(error, Again)
                if committing or not again or attempt == _ATTEMPTS - 1:
                    raise


def _keys(commit: Commit) -> Iterator[Hashable]:
    """Return what a commit touches."""
    for put in commit.puts:
        yield put.collection, put.id
    for delete in commit.deletes:
        yield delete.collection, delete.id
    for append in commit.appends:
        yield "stream", append.stream
    for entry in commit.inbox:
        yield "message", entry.message
    for timer in commit.set_timers:
        yield "timer", timer.id
    for id in commit.drop_timers:
        yield "timer", id


def _report(group: list[_Job], error: Exception | None) -> None:
    for job in group:
        if job.done.done():
            continue
        if error is None:
            job.done.set_result(None)
        else:
            job.done.set_exception(error)
