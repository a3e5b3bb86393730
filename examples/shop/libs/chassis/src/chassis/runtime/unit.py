"""What the runtimes of all units share: topics, consumers and background tasks."""

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
from chassis.health import Check, Checks, degraded, failed, ok
from chassis.hub.port import Hub
from chassis.messages import Catalog
from chassis.runtime.consumer import Consumer
from chassis.store.port import Collection, Store

_HOUSEKEEPING_INTERVAL = timedelta(hours=1)
_RESTART_DELAY = 1.0
_CLOSE_TIMEOUT = 0.5

_log = structlog.get_logger()


class Unit:
    """The background work of one unit."""

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
        self._background = {**background, "housekeeping": self._clean_inbox}
        self._flush = flush
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Prepare the store and the topics, then start everything."""
        await self._store.prepare(self._collections)
        await self._declare_topics()
        self._tasks = [
            asyncio.create_task(self._run(what, work), name=f"{self._name} {what}")
            for what, work in self._background.items()
        ]
        await asyncio.gather(*(consumer.start(self._hub) for consumer in self._consumers))

    async def drain(self) -> None:
        """Receive no more messages and timers, finish those in flight, publish the outbox."""
        await asyncio.gather(*(consumer.stop() for consumer in self._consumers))
        await self._cancel_tasks()
        if self._flush is not None:
            with suppress(Unavailable):  # then the rest is published after the next start
                await self._flush()

    async def close(self) -> None:
        """Stop immediately. Messages in flight are delivered again after the next start."""
        await self._cancel_tasks()
        with suppress(TimeoutError, Unavailable):
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await asyncio.gather(*(consumer.stop() for consumer in self._consumers))

    async def readiness(self) -> Checks:
        """Return a check of every part. Without the hub, requests are still served."""
        statuses = [consumer.status() for consumer in self._consumers]
        return {
            "store": await self._check_store(),
            "hub": _degraded_unless_ok(self._hub.status()),
            "consumers": _degraded_unless_ok(next((s for s in statuses if s != "ok"), "ok")),
        }

    async def _declare_topics(self) -> None:
        topics = [topic_of(self._messages, name) for name in self._messages.topics]
        topics.append(dead_letter_topic(self._messages))
        await asyncio.gather(*(self._hub.declare(topic) for topic in topics))

    async def _check_store(self) -> Check:
        try:
            await self._store.ping()
        except Unavailable as error:
            return failed(str(error))
        return ok()

    async def _run(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run a background task forever: an error is logged, and the task starts again."""
        while True:
            try:
                await work()
            except Exception:
                _log.exception("background task failed", unit=self._name, task=what)
            await asyncio.sleep(_RESTART_DELAY)

    async def _clean_inbox(self) -> None:
        """Remove inbox entries of messages that the hub no longer retains."""
        while True:
            try:
                await self._store.forget(self._clock() - self._messages.retention)
            except Unavailable as error:
                _log.warning("housekeeping postponed", reason=str(error))
            await asyncio.sleep(_HOUSEKEEPING_INTERVAL.total_seconds())

    async def _cancel_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


def _degraded_unless_ok(status: str) -> Check:
    return ok() if status == "ok" else degraded(status)
