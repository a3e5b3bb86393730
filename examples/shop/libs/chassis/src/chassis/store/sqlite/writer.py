"""The writer of an SQLite file: one thread with group commit."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple, TypeAlias

from chassis.errors import Unavailable
from chassis.store.sqlite.file import SqliteFile, patiently

_GROUP = 256
_LAZY = 0.1  # seconds that lazy writes wait for others

Write: TypeAlias = Callable[[sqlite3.Connection], None]


class _Job(NamedTuple):
    write: Write
    done: asyncio.Future[None]
    lazy: bool = False


class Writer:
    """Executes writes one after the other. Each is atomic, and durable when it returns.

    Writes that arrive during a sync share the next transaction, each in a savepoint. A lazy write
    has none of its own: it waits for a moment for others that it can go along with.
    """

    def __init__(self, file: SqliteFile, connection: sqlite3.Connection) -> None:
        self._file = file
        self._connection = connection
        self._begin = partial(connection.execute, "BEGIN IMMEDIATE")
        self._jobs: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._turns: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
        self._closed = False
        self._ended = False
        name = f"{file.path.stem}-writer"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def __call__(self, write: Write, *, lazy: bool = False) -> asyncio.Future[None]:
        """Execute `write`; if it raises, only this write is rolled back."""
        if self._closed:
            raise Unavailable(f"{self._file.path}: the store is closed")
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        # What is written in one turn of the event loop goes together, not the first of it alone.
        if (turn := self._turns.get(loop)) is None:
            turn = self._turns[loop] = []
            loop.call_soon(self._end_turn, loop)
        turn.append(_Job(write, done, lazy))
        return done

    def verify(self) -> None:
        """Check that the file is still there.

        Raises:
            StoreLost: It is not.
        """
        self._file.check()

    async def close(self) -> None:
        """Finish pending writes and close the connection."""
        if not self._closed:
            self._closed = True
            self._end_turn(asyncio.get_running_loop())
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _end_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        if turn := self._turns.pop(loop, None):
            self._jobs.put(turn)

    def _run(self) -> None:
        while not self._ended:
            jobs = self._next_jobs()
            for begin in range(0, len(jobs), _GROUP):
                group = jobs[begin : begin + _GROUP]
                _report(group, self._execute(group))
        self._connection.close()

    def _next_jobs(self) -> list[_Job]:
        """Wait for jobs and return them with all others that wait."""
        jobs = self._take()
        with suppress(queue.Empty):
            while not self._ended and all(job.lazy for job in jobs):
                jobs += self._take(timeout=_LAZY)
        while not self._ended and not self._jobs.empty():
            jobs += self._take()
        return jobs

    def _take(self, timeout: float | None = None) -> list[_Job]:
        """Return the jobs of the next turn; none if it is the end."""
        turn = self._jobs.get(timeout=timeout)
        self._ended = turn is None
        return turn or []

    def _execute(self, jobs: list[_Job]) -> list[Exception | None]:
        """Execute the jobs in one transaction, and return the error of each."""
        try:
            self._file.check()
            patiently(self._begin)
            if len(jobs) == 1:
                jobs[0].write(self._connection)
                errors: list[Exception | None] = [None]
            else:
                errors = [self._attempt(job.write) for job in jobs]
            self._connection.execute("COMMIT")
        except Exception as error:
            with suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            return [self._translated(error)] * len(jobs)
        return errors

    def _attempt(self, write: Write) -> Exception | None:
        self._connection.execute("SAVEPOINT one")
        try:
            write(self._connection)
        except Exception as error:
            if not self._connection.in_transaction:
                raise  # some errors, e.g. a full disk, end the whole transaction
            self._connection.execute("ROLLBACK TO one")
            self._connection.execute("RELEASE one")
            return self._translated(error)
        self._connection.execute("RELEASE one")
        return None

    def _translated(self, error: Exception) -> Exception:
        return self._file.unavailable(error) if isinstance(error, sqlite3.Error) else error


def _report(jobs: list[_Job], errors: list[Exception | None]) -> None:
    """Resolve the waiting tasks, with one wake-up of each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[None], Exception | None]]]
    by_loop = {}
    for job, error in zip(jobs, errors, strict=True):
        by_loop.setdefault(job.done.get_loop(), []).append((job.done, error))
    for loop, results in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed, so no task waits
            loop.call_soon_threadsafe(_resolve, results)


def _resolve(results: list[tuple[asyncio.Future[None], Exception | None]]) -> None:
    for done, error in results:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
