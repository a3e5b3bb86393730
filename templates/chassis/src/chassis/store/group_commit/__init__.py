"""Group commit: commits that wait at the same time share a transaction of a database server."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from chassis.errors import AlreadyHandled, Conflict, Duplicate, Unavailable
from chassis.store.port import Commit

_GROUP = 256
_LAZY = 0.1  # seconds that lazy writes wait for others

_REFUSED = (AlreadyHandled, Conflict, Duplicate, ValueError, TypeError, KeyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Commits that are written in one transaction, because none of them touches what others do."""

    commits: tuple[Commit, ...]
    published: tuple[int, ...] = ()

    @property
    def messages(self) -> list[str]:
        """The ids of the messages that are handled."""
        return [entry.message for commit in self.commits for entry in commit.inbox]


Write: TypeAlias = Callable[[Batch], Awaitable[None]]


@dataclass(slots=True, eq=False)
class _Job:
    commit: Commit
    published: tuple[int, ...]
    done: asyncio.Future[None]


class GroupCommit:
    """Writes commits in the order in which they come. Each is atomic, and durable when it returns.

    A group that is refused is divided until the commits that are refused are alone.
    """

    def __init__(self, write: Write, where: str) -> None:
        """Create it.

        Args:
            write: Writes a batch in one transaction, or nothing of it.
            where: The name of the store, without secrets.
        """
        self._write_batch = write
        self._where = where
        self._jobs: deque[_Job] = deque()
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
            self._task = asyncio.create_task(self._run(), name=f"writer of {self._where}")
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
            await self._write_batch(
                Batch(
                    commits=tuple(job.commit for job in group),
                    published=tuple(position for job in group for position in job.published),
                )
            )
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
