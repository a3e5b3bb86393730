"""What the runtimes of all units share: topics, leases, consumers and background tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import structlog

from chassis.dead_letters import DeadLetters
from chassis.errors import StoreLost, Unavailable
from chassis.health import Check, Checks, degraded, failed, ok
from chassis.hub.topics import declare_all
from chassis.messages import Catalog
from chassis.runtime import checkpoints, housekeeping, relay, timers
from chassis.runtime.consumer import Consumer, lease_name
from chassis.runtime.housekeeping import Housekeeping
from chassis.runtime.losses import check_store
from chassis.runtime.parts import Parts
from chassis.runtime.replays import Replays
from chassis.store.port import Collection
from chassis.tasks import end

_RESTART_DELAY = 1.0
_CLOSE_TIMEOUT = 0.5
_LOOK_AT_STORE = 1.0

_log = structlog.get_logger()


def leases(messages: Catalog) -> tuple[str, ...]:
    """Return the names of the leases of a unit: what one process does, and its partitions.

    Members share them by their places here. So the first ones have the same places for members
    with another number of partitions, which run beside each other during a deployment.
    """
    partitions = (lease_name(partition) for partition in range(messages.partitions))
    return (relay.LEASE, timers.LEASE, housekeeping.LEASE, *partitions)


class Unit:
    """The background work of one unit."""

    def __init__(
        self,
        *,
        name: str,
        messages: Catalog,
        parts: Parts,
        collections: Iterable[Collection],
        consumers: Iterable[Consumer] = (),
        background: Mapping[str, Callable[[], Coroutine[Any, Any, None]]] = MappingProxyType({}),
        flush: Callable[[], Awaitable[None]] | None = None,
        publishes: Iterable[str] = (),
        problems: Mapping[str, Callable[[], str | None]] = MappingProxyType({}),
    ) -> None:
        self.name = name
        self._messages = messages
        self._parts = parts
        self._consumers = tuple(consumers)
        self._collections = (
            *collections,
            checkpoints.COLLECTION,
            DeadLetters.collection,
            *parts.membership.collections,
        )
        replays = Replays(self._consumer_of, parts.dead_letters, parts.membership)
        self._background = {
            **background,
            "housekeeping": Housekeeping(parts.store, parts.membership, messages.retention).run,
            "replays": replays.run,
            "store": self._watch_store,
            "membership": parts.membership.run,
        }
        self._flush = flush
        self._publishes = tuple(publishes)
        self._problems = problems
        self._tasks: list[asyncio.Task[None]] = []
        self._consuming: dict[Consumer, asyncio.Task[None]] = {}

    @property
    def collections(self) -> tuple[Collection, ...]:
        """The collections that the store is prepared for."""
        return self._collections

    @property
    def idle(self) -> bool:
        """Whether all messages that have been published are handled."""
        return all(consumer.idle for consumer in self._consuming)

    @property
    def topics(self) -> frozenset[str]:
        """The topics that the unit reads."""
        return frozenset(consumer.topic for consumer in self._consuming)

    async def start(self) -> None:
        """Prepare the store and the topics, join the other processes, then start everything.

        Raises:
            DataLost: The store is empty, but the unit has published to one of its own topics.
            Unavailable: The store or the hub is unavailable.
        """
        store, hub = self._parts.store, self._parts.hub
        await store.prepare(self._collections)
        await declare_all(hub, self._messages)
        await check_store(self.name, store, self._collections, hub, self._publishes)
        await self._parts.membership.join()
        self._tasks = [self._begin(what, work) for what, work in self._background.items()]
        self.consume(self._consumers)

    def consume(self, consumers: Iterable[Consumer]) -> None:
        """Start consumers."""
        for consumer in consumers:
            consumer.share(self._parts.hub.partitions(consumer.topic))
            self._consuming[consumer] = self._begin(consumer.group, consumer.run)

    async def cease(self, consumers: Iterable[Consumer]) -> None:
        """Stop consumers, which finish what they have read."""
        ending = {each: task for each in consumers if (task := self._consuming.pop(each, None))}
        for consumer in ending:
            consumer.stop()
        await asyncio.gather(*ending.values(), return_exceptions=True)

    async def drain(self) -> None:
        """Receive no more messages and timers, finish those in flight, publish the outbox."""
        await self.cease(tuple(self._consuming))
        with suppress(Unavailable):  # then the rest is published after the next start
            if self._flush is not None:
                await self._flush()
        await self._cancel_tasks()
        with suppress(Unavailable):  # then others wait until the leases have expired
            await self._parts.membership.leave()

    async def close(self) -> None:
        """Stop immediately. Messages in flight are read again after the next start."""
        await self._cancel_tasks()
        with suppress(TimeoutError, Unavailable):
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await self._parts.membership.leave()

    async def readiness(self) -> Checks:
        """Return a check of every part. Without the hub, requests are still served."""
        consumers = [consumer.problem for consumer in self._consuming if consumer.problem]
        status = self._parts.hub.status()
        return {
            "store": await self._check_store(),
            "hub": _degraded_by(None if status == "ok" else status),
            "consumers": _degraded_by(
                next(iter(consumers), None) if self._tasks else "not started"
            ),
            **{name: _degraded_by(problem()) for name, problem in self._problems.items()},
        }

    def _consumer_of(self, topic: str, group: str) -> Consumer | None:
        consumers = (each for each in self._consuming if (each.topic, each.group) == (topic, group))
        return next(consumers, None)

    async def _check_store(self) -> Check:
        try:
            await self._parts.store.ping()
        except Unavailable as error:
            return failed(str(error))
        return ok()

    def _begin(self, what: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        return asyncio.create_task(self._run(what, work), name=f"{self.name} {what}")

    async def _run(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run a task to its end: after an error, which is logged, it starts again."""
        while True:
            try:
                return await work()
            except StoreLost:
                raise  # the process ends; the next one finds the store restored, or empty
            except Exception:
                _log.exception("background task failed", unit=self.name, task=what)
            await asyncio.sleep(_RESTART_DELAY)

    async def _watch_store(self) -> None:
        """Look again and again whether the store is still there.

        Raises:
            StoreLost: It is not.
        """
        while True:
            await asyncio.sleep(_LOOK_AT_STORE)
            await self._parts.store.verify()

    async def _cancel_tasks(self) -> None:
        await end([*self._tasks, *self._consuming.values()])
        self._tasks.clear()
        self._consuming.clear()


def _degraded_by(problem: str | None) -> Check:
    return ok() if problem is None else degraded(problem)
