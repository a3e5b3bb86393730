"""Connections to SQL Server: how they are opened, shared, and given up.

The driver blocks, so each use is in a thread. Whoever gives up, because the patience is over or the
task is cancelled, cuts the connection, and its thread ends.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from chassis.errors import Unavailable
from chassis.store.sqlserver.errors import SqlError, translated

T = TypeVar("T")

_RECONNECT = 4.0  # seconds of attempts with backoff; then the next request begins with new ones
_BACKOFF = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a store uses, and how long it waits.

    Attributes:
        readers: The number of connections for reads; there is one more for commits.
        connect: Seconds for an attempt to connect.
        wait: Seconds for a free connection.
        patience: Seconds for one use of a connection; then it is cut off.
    """

    readers: int = 8
    connect: float = 3.0
    wait: float = 3.0
    patience: float = 15.0


class Session(Protocol):
    """A connection as the driver has it, which blocks. Its methods raise `SqlError`."""

    def fetch(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Execute a query with parameters, and return its rows."""
        ...

    def execute(self, sql: str, values: Mapping[str, Any]) -> int:
        """Execute a write with parameters, and return the number of rows."""
        ...

    def run(self, sql: str) -> None:
        """Execute a statement that has no parameters."""
        ...

    def commit(self) -> None:
        """Commit the transaction."""
        ...

    def rollback(self) -> None:
        """Undo the transaction."""
        ...

    def cut(self) -> None:
        """Break the connection, from another thread. Nothing is raised."""
        ...

    def close(self) -> None:
        """Close the connection. Nothing is raised."""
        ...


class Connection:
    """A session that is used from the event loop."""

    def __init__(self, session: Session, threads: ThreadPoolExecutor) -> None:
        self._session = session
        self._threads = threads
        self.is_broken = False

    async def use(self, work: Callable[[Session], T]) -> T:
        """Do `work` in a thread.

        Raises:
            SqlError: The server or the connection failed.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, work, self._session)
        except SqlError as error:
            self.is_broken |= not (error.is_refusal or error.is_lost_race)
            raise
        except asyncio.CancelledError:
            self.cut()
            raise

    async def fetch(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Execute a query with parameters, and return its rows."""
        return await self.use(lambda session: session.fetch(sql, values))

    async def execute(self, sql: str, values: Mapping[str, Any]) -> int:
        """Execute a write with parameters, and return the number of rows."""
        return await self.use(lambda session: session.execute(sql, values))

    def cut(self) -> None:
        """Break the connection."""
        self.is_broken = True
        self._session.cut()

    def close(self) -> None:
        """Close the connection when its thread has ended."""
        self._session.cut()
        self._threads.submit(self._session.close)


class Pool:
    """Some connections, which are opened when they are needed."""

    def __init__(
        self, connect: Callable[[], Session], size: int, limits: Limits, where: str
    ) -> None:
        self._connect = connect
        self._limits = limits
        self._where = where
        self._free = asyncio.Semaphore(size)
        self._idle: list[Connection] = []
        self._threads = ThreadPoolExecutor(2 * size, thread_name_prefix="sqlserver")
        self._generation = 0

    @asynccontextmanager
    async def connection(self, *, limited: bool = True) -> AsyncIterator[Connection]:
        """Lend a connection. What it was used for must be finished.

        Args:
            limited: Whether it is cut off when the patience is over.

        Raises:
            Unavailable: There is none, or it failed meanwhile.
            ValueError: A column cannot have a value.
        """
        async with self._place():
            generation = self._generation
            try:
                connection = self._idle.pop() if self._idle else await self._opened()
            except SqlError as error:
                raise translated(error, self._where) from None
            patience = self._limits.patience
            timer = asyncio.get_running_loop().call_later(patience, connection.cut)
            if not limited:
                timer.cancel()
            try:
                yield connection
            except SqlError as error:
                raise translated(error, self._where) from None
            finally:
                timer.cancel()
                if connection.is_broken or generation != self._generation:
                    connection.close()
                else:
                    self._idle.append(connection)

    def renew(self) -> None:
        """Replace all connections: after one has failed, others may be broken, too."""
        self._generation += 1
        while self._idle:
            self._idle.pop().close()

    async def close(self) -> None:
        """Close the connections."""
        self.renew()
        await asyncio.to_thread(self._threads.shutdown)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._limits.wait):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable(f"{self._where}: no connection became free") from None
        try:
            yield
        finally:
            self._free.release()

    async def _opened(self) -> Connection:
        """Return a new connection."""
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + _RECONNECT, _BACKOFF
        while True:
            try:
                session = await loop.run_in_executor(self._threads, self._connect)
            except SqlError as error:
                if error.number or loop.time() + pause > end:
                    raise  # the server refused it, or it took too long
            else:
                return Connection(session, self._threads)
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause *= 2
