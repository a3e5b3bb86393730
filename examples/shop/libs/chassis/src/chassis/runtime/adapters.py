"""The adapters of ports: opened when a service starts, closed when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from typing import Any

from chassis.domain import Question
from chassis.service import Port


class Adapters:
    """Answers questions with the adapters of `ports`, which are open between `open` and `close`.

    They are opened and closed in one task: what they use may have to be left where it was entered,
    such as task groups.
    """

    def __init__(self, ports: Iterable[Port]) -> None:
        self._ports = tuple(ports)
        self._methods: dict[type[Question[Any]], Callable[[Any], Awaitable[object]]] = {}
        self._opened, self._closing = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open all adapters; raises what one of them raises."""
        self._task = asyncio.create_task(self._keep_open(), name="adapters")
        opened = asyncio.create_task(self._opened.wait())
        await asyncio.wait((opened, self._task), return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            opened.cancel()
            failed, self._task = self._task, None
            await failed

    async def answer(self, question: Question[Any]) -> object:
        """Return what the adapter for `question` answers."""
        return await self._methods[type(question)](question)

    async def close(self) -> None:
        """Close all adapters, or give up opening them; raises what one of them raises."""
        self._closing.set()
        if self._task is None:
            return
        if not self._opened.is_set():
            self._task.cancel()
        await asyncio.wait((self._task,))
        if not self._task.cancelled():
            self._task.result()

    async def _keep_open(self) -> None:
        async with AsyncExitStack() as stack:
            for port in self._ports:
                adapter = await stack.enter_async_context(port.adapter())
                for question, method in port.operations.items():
                    self._methods[question] = getattr(adapter, method)
            self._opened.set()
            await self._closing.wait()
