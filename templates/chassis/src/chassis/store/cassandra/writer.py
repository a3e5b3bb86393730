"""The writer of a unit's store: commits that wait at the same time share an intent."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from chassis.errors import AlreadyHandled, Conflict, Duplicate, Unavailable
from chassis.store.cassandra.evaluation import Group, Layouts, changed, read_group
from chassis.store.cassandra.journal import LARGEST, Intent, Journal, State
from chassis.store.cassandra.reads import Reads
from chassis.store.port import Commit

_GROUP = 256
_BACKOFF = 0.02  # seconds; the longest pause after a lost race

_REFUSED = (AlreadyHandled, Conflict, Duplicate, ValueError, TypeError, KeyError)


@dataclass(slots=True, eq=False)
class _Job:
    commit: Commit
    done: asyncio.Future[None]


class Writer:
    """Writes commits in the order in which they come. Each is atomic, and durable when it returns.

    One that is refused does not disturb the others of its group.
    """

    def __init__(
        self, journal: Journal, reads: Reads, layouts: Callable[[int], Awaitable[Layouts]]
    ) -> None:
        """Create a writer.

        Args:
            journal: The journal.
            reads: What is read to check commits.
            layouts: Returns the tables of a version of the catalog.
        """
        self._journal = journal
        self._reads = reads
        self._layouts = layouts
        self._state: State | None = None  # the last that is known, if its intent is finished
        self._jobs: deque[_Job] = deque()
        self._wanted = asyncio.Event()
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    async def commit(self, commit: Commit) -> None:
        """Write `commit`; see `Store`."""
        if commit.appends or commit.outbox or commit.set_timers or commit.drop_timers:
            raise ValueError("the store on Cassandra is for read models: it has documents only")
        messages = [entry.message for entry in commit.inbox]
        if twice := {each for each in messages if messages.count(each) > 1}:
            raise ValueError(f"twice in one commit: {', '.join(twice)}")
        if self._closed:
            raise Unavailable("the store is closed")
        job = _Job(commit, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="cassandra-writer")
        self._wanted.set()
        await job.done

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
                jobs = [self._jobs.popleft() for _ in range(min(_GROUP, len(self._jobs)))]
                await self._write(jobs)

    async def _write(self, jobs: list[_Job]) -> None:
        try:
            await self._attempts(jobs)
        except Exception as error:
            self._state = None
            for job in jobs:
                _settle(job, error)

    async def _attempts(self, jobs: list[_Job]) -> None:
        while not await self._attempt(jobs):
            self._state = None
            await asyncio.sleep(random.uniform(0, _BACKOFF))

    async def _attempt(self, jobs: list[_Job]) -> bool:
        """Write the commits of a group; return whether this was right, so that it is over."""
        state = self._state or await self._journal.settled()
        self._state = state
        layouts = await self._layouts(state.catalog)
        unknown, known = _divided(jobs, layouts)
        group = await read_group(self._reads, layouts, [job.commit for job in known])
        refusals = {**unknown, **_refusals(group, known)}
        intent = group.intent(state)
        data = intent.encoded()
        if len(data) > LARGEST and len(jobs) > 1:
            middle = len(jobs) // 2
            await self._attempts(jobs[:middle])
            await self._attempts(jobs[middle:])
            return True
        if len(data) > LARGEST:
            raise ValueError(f"a commit of {len(data)} bytes: it may have {LARGEST}")
        if not (intent.rows or intent.removed):
            # What was read may be older than the journal, or newer.
            if refusals and await self._journal.settled() != state:
                return False
            _settle_all(jobs, refusals)
            return True
        written = await self._journal.append(state, data)
        if written is None:
            return False
        await self._finish(written, intent)
        _settle_all(jobs, refusals)
        with suppress(Unavailable):  # or somebody does it again, which changes nothing
            await self._journal.done(written.position)
        return True

    async def _finish(self, state: State, intent: Intent) -> None:
        self._state = None
        await self._journal.apply(state.position, intent)
        self._state = state


def _divided(jobs: list[_Job], layouts: Layouts) -> tuple[dict[_Job, Exception], list[_Job]]:
    """Return the commits to collections that were not prepared, and the others."""
    unknown: dict[_Job, Exception] = {}
    known = []
    for job in jobs:
        used = (each.collection for each in changed(job.commit))
        if missing := [name for name in used if name not in layouts]:
            unknown[job] = KeyError(missing[0])
        else:
            known.append(job)
    return unknown, known


def _refusals(group: Group, jobs: list[_Job]) -> dict[_Job, Exception]:
    refusals: dict[_Job, Exception] = {}
    for job in jobs:
        try:
            group.add(job.commit)
        except _REFUSED as error:
            refusals[job] = error
    return refusals


def _settle_all(jobs: list[_Job], refusals: dict[_Job, Exception]) -> None:
    for job in jobs:
        _settle(job, refusals.get(job))


def _settle(job: _Job, error: Exception | None) -> None:
    if job.done.done():
        return
    if error is None:
        job.done.set_result(None)
    else:
        job.done.set_exception(error)
