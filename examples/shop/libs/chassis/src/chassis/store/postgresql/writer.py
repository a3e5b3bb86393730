"""The writer of a PostgreSQL store: commits that wait at the same time share a transaction."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from chassis.errors import AlreadyHandled, Conflict, Duplicate, Unavailable
from chassis.store.port import Commit
from chassis.store.postgresql.commit import Batch, Writes
from chassis.store.postgresql.errors import FAILURES, is_lost_race, translated
from chassis.store.postgresql.pool import Connection, Pool

_GROUP = 256
_LAZY = 0.1  # seconds that lazy writes wait for others
_ATTEMPTS = 5

_REFUSED = (AlreadyHandled, Conflict, Duplicate, ValueError, TypeError, KeyError)


@dataclass(slots=True, eq=False)
class _Job:
    commit: Commit
    published: tuple[int, ...]
    done: asyncio.Future[None]


class Writer:
    """Writes commits in the order in which they come. Each is atomic, and durable when it returns.

    A group that is refused is divided until the commits that are refused are alone.
    """

    def __init__(self, pool: Pool, writes: Writes, where: str) -> None:
        self._pool = pool
        self._writes = writes
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
            self._task = asyncio.create_task(self._run(), name="postgres-writer")
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
                async with self._pool.connection() as connection:
                    await self._writing(connection, batch)
                    committing = True
                    await connection.commit()
                return
            except Unavailable as error:
                again = attempt == 0 or isinstance(error, _Again)
                if committing or not again or attempt == _ATTEMPTS - 1:
                    raise

    async def _writing(self, connection: Connection, batch: Batch) -> None:
        try:
            await self._writes.write(connection, batch)
        except BaseException as error:
            with suppress(*FAILURES):
                await connection.rollback()
            if isinstance(error, FAILURES) and is_lost_race(error):
                raise _Again(str(translated(error, self._where))) from error
            raise


class _Again(Unavailable):
    """Another transaction was in the way."""


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
