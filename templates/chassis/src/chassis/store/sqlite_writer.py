"""The single writer of an SQLite file: one thread with group commit."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from chassis.errors import Unavailable

_GROUP = 256

Write = Callable[[sqlite3.Connection], None]


@dataclass(frozen=True, slots=True)
class _Job:
    write: Write
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class _Result:
    job: _Job
    error: BaseException | None


class Writer:
    """Executes writes one after the other. Each is atomic, and durable when it returns.

    Writes that arrive during a sync share the next transaction, each in a savepoint.
    """

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection = connection
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def __call__(self, write: Write) -> None:
        """Execute `write`; if it raises, only this write is rolled back."""
        if self._closed:
            raise Unavailable("the store is closed")
        loop = asyncio.get_running_loop()
        job = _Job(write, loop, loop.create_future())
        self._jobs.put(job)
        await job.done

    async def close(self) -> None:
        """Finish pending writes and close the connection."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        closed = False
        while not closed:
            group = self._next_group()
            closed = group[-1] is None
            if jobs := [job for job in group if job is not None]:
                _report(self._execute(jobs))
        self._connection.close()

    def _next_group(self) -> list[_Job | None]:
        """Wait for a job and return it with all others that wait. None is the last one: closed."""
        group = [self._jobs.get()]
        while len(group) < _GROUP and not self._jobs.empty():
            group.append(self._jobs.get())
        return group

    def _execute(self, group: list[_Job]) -> list[_Result]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results = [_Result(job, self._attempt(job.write)) for job in group]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            return [_Result(job, _translated(error)) for job in group]
        return results

    def _attempt(self, write: Write) -> BaseException | None:
        self._connection.execute("SAVEPOINT one")
        try:
            write(self._connection)
        except Exception as error:
            if not self._connection.in_transaction:
                raise  # some errors, e.g. a full disk, end the whole transaction
            self._connection.execute("ROLLBACK TO one")
            self._connection.execute("RELEASE one")
            return _translated(error)
        self._connection.execute("RELEASE one")
        return None


def _translated(error: BaseException) -> BaseException:
    return Unavailable(str(error)) if isinstance(error, sqlite3.OperationalError) else error


def _report(results: list[_Result]) -> None:
    """Resolve the waiting tasks, with one wake-up of each event loop."""
    for loop in {result.job.loop for result in results}:
        mine = [result for result in results if result.job.loop is loop]
        with suppress(RuntimeError):  # the loop is closed, so no task waits
            loop.call_soon_threadsafe(_resolve, mine)


def _resolve(results: list[_Result]) -> None:
    for result in results:
        if result.job.done.done():
            continue
        if result.error is None:
            result.job.done.set_result(None)
        else:
            result.job.done.set_exception(result.error)
