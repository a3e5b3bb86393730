"""What the runtimes of all units share: topics, consumers and tasks, from start to end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import structlog

from chassis.clock import Clock
from chassis.dead_letters import dead_letter_topic, topic_of
from chassis.errors import Unavailable
from chassis.hub.port import Hub
from chassis.messages import Catalog
from chassis.runtime.consumer import Consumer
from chassis.store.port import Collection, Store

_HOUSEKEEPING = timedelta(hours=1)
_BEGIN_AGAIN = 1.0
_AT_ONCE = 0.5

_log = structlog.get_logger()


class Unit:
    """The moving parts of one unit."""

    def __init__(
        self,
        *,
        name: str,
        messages: Catalog,
        store: Store,
        hub: Hub,
        clock: Clock,
        collections: Iterable[Collection],
        consumers: Iterable[Consumer],
        background: Mapping[str, Callable[[], Coroutine[Any, Any, None]]] = MappingProxyType({}),
        flush: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._name = name
        self._messages = messages
        self._store = store
        self._hub = hub
        self._clock = clock
        self._collections = tuple(collections)
        self._consumers = tuple(consumers)
        self._background = {**background, "housekeeping": self._keep_house}
        self._flush = flush
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Prepare the store and the topics, then start everything; return when it runs."""
        await self._store.prepare(self._collections)
        await self._declare_topics()
        self._tasks = [
            asyncio.create_task(self._run(what, work), name=f"{self._name} {what}")
            for what, work in self._background.items()
        ]
        await asyncio.gather(*(consumer.start(self._hub) for consumer in self._consumers))

    async def drain(self) -> None:
        """Take no more messages and timers, finish those in flight, empty the outbox."""
        await asyncio.gather(*(consumer.stop() for consumer in self._consumers))
        await self._cancel_tasks()
        if self._flush is not None:
            with suppress(Unavailable):  # then the rest is published after the next start
                await self._flush()

    async def close(self) -> None:
        """Stop everything at once: what is in hand then is delivered again after the next start."""
        await self._cancel_tasks()
        with suppress(TimeoutError, Unavailable):
            async with asyncio.timeout(_AT_ONCE):
                await asyncio.gather(*(consumer.stop() for consumer in self._consumers))

    async def readiness(self) -> dict[str, str]:
        """Return for every part "ok" or the reason why it is not."""
        statuses = [consumer.status() for consumer in self._consumers]
        return {
            "store": await self._store_status(),
            "hub": self._hub.status(),
            "consumers": next((status for status in statuses if status != "ok"), "ok"),
        }

    async def _declare_topics(self) -> None:
        topics = [topic_of(self._messages, name) for name in self._messages.topics]
        topics.append(dead_letter_topic(self._messages))
        await asyncio.gather(*(self._hub.declare(topic) for topic in topics))

    async def _store_status(self) -> str:
        try:
            await self._store.ping()
        except Unavailable as error:
            return str(error)
        return "ok"

    async def _run(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Keep a background task going: a mistake in it is logged, and then it begins again."""
        while True:
            try:
                await work()
            except Exception:
                _log.exception("background task failed", unit=self._name, task=what)
            await asyncio.sleep(_BEGIN_AGAIN)

    async def _keep_house(self) -> None:
        """Forget messages that the hub has forgotten, lest the inbox grows forever."""
        while True:
            try:
                await self._store.forget(self._clock() - self._messages.retention)
            except Unavailable as error:
                _log.warning("housekeeping waits", reason=str(error))
            await asyncio.sleep(_HOUSEKEEPING.total_seconds())

    async def _cancel_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
