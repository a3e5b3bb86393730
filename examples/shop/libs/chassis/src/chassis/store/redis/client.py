"""The connections of a store, and the calls of its functions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import ResponseError

from chassis.errors import Unavailable
from chassis.store.redis.address import Address, Limits
from chassis.store.redis.errors import FAILURES, is_missing_function, translated
from chassis.store.redis.library import library

Argument: TypeAlias = str | int | float | bytes
T = TypeVar("T")

_READ_ATTEMPTS = 4


class Client:
    """Calls the functions of the unit, and reads its keys.

    Reads are repeated if their connection breaks, after pauses that grow and differ. Writes are
    not: whoever calls them decides.
    """

    def __init__(self, address: Address, limits: Limits) -> None:
        self.address = address
        self.store_id = ""
        self._limits = limits
        self._library = library()
        self._closed = False
        readers = address.readers or limits.readers
        again = Retry(ExponentialWithJitterBackoff(base=0.02, cap=1.0), _READ_ATTEMPTS)
        self._readers = _connections(address, limits, readers, again)
        self._writers = _connections(address, limits, 2, Retry(NoBackoff(), 0))

    async def read(self, function: str, *args: Argument) -> Any:
        """Call a function that writes nothing.

        Raises:
            StoreLost: The store was removed or replaced.
            Unavailable: The server does not answer.
        """
        call = self._call(self._readers.fcall_ro, function, self.store_id, *args)
        return await self._guarded(call)

    async def write(self, function: str, *args: Argument) -> Any:
        """Call a function once; if the connection breaks, it may have been executed."""
        return await self._guarded(self._call(self._writers.fcall, function, self.store_id, *args))

    async def define(self, *args: Argument) -> Any:
        """Call the function `define`, for which there need not be a store."""
        return await self._guarded(self._call(self._readers.fcall, "define", *args))

    async def repeat(self, function: str, *args: Argument) -> Any:
        """Call a function that writes, and that may be executed several times."""
        return await self._guarded(self._call(self._readers.fcall, function, self.store_id, *args))

    async def look(self, key: str) -> Any:
        """Return the text at a key, for which there need not be a store."""

        async def ask(redis: Redis) -> Any:
            return await redis.get(key)

        return await self.use(ask)

    async def fetch(self, *commands: tuple[Argument, ...]) -> list[Any]:
        """Return the answers of commands that write nothing, if the store is still there."""
        check = ("HGET", self.address.key("store"), "id")

        async def ask(redis: Redis) -> list[Any]:
            pipeline = redis.pipeline(transaction=False)
            for command in (check, *commands):
                pipeline.execute_command(*command)
            id, *answers = await pipeline.execute()
            if id is None or id.decode() != self.store_id:
                raise ResponseError("STORELOST it was removed, or replaced by another one")
            return answers

        return await self.use(ask)

    async def use(self, ask: Callable[[Redis], Awaitable[T]]) -> T:
        """Call `ask` with the client for reads."""
        return await self._guarded(ask(self._readers))

    async def close(self) -> None:
        """Close the connections."""
        self._closed = True
        for redis in (self._readers, self._writers):
            await redis.aclose(close_connection_pool=True)

    async def _guarded(self, work: Awaitable[T]) -> T:
        if self._closed:
            if asyncio.iscoroutine(work):
                work.close()
            raise Unavailable(f"{self.address}: the store is closed")
        try:
            with _cancellable():
                async with asyncio.timeout(self._limits.patience):
                    return await work
        except FAILURES as error:
            raise translated(error, str(self.address)) from error

    async def _call(self, function: Callable[..., Any], name: str, *args: Argument) -> Any:
        call = (f"{name}_{self._library.version}", 1, self.address.key("store"), *args)
        try:
            return await function(*call)
        except ResponseError as error:
            if not is_missing_function(error):
                raise
        await self._load()
        return await function(*call)

    async def _load(self) -> None:
        try:
            await self._readers.function_load(self._library.source)
        except ResponseError as error:
            if "already exists" not in str(error):  # another process was faster
                raise


@contextmanager
def _cancellable() -> Iterator[None]:
    """End with the cancellation of the task, if there was one.

    The client sends with `asyncio.wait_for`, which loses a cancellation on Python 3.11 if it comes
    when the command has just been sent. Then the task would never end.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    finally:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError


def _connections(address: Address, limits: Limits, count: int, retry: Retry) -> Redis:
    parameters = {
        "socket_connect_timeout": min(3.0, limits.answer),
        "socket_timeout": limits.answer,
        "socket_keepalive": True,
        "protocol": 2,
        "client_name": "chassis",
        **address.connection,
        "retry": retry,
    }
    pool = BlockingConnectionPool(max_connections=count, timeout=limits.wait, **parameters)
    return Redis(connection_pool=pool)
