"""Units on real parts: SQLite files and the server of a hub."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

from chassis import names
from chassis.clock import utc_now
from chassis.envelope import Envelope, Outgoing
from chassis.hub.factory import connect_hub
from chassis.hub.port import Hub, Topic
from chassis.messages import Catalog, Command
from chassis.projection import MaterializedView
from chassis.results import Outcome
from chassis.runtime import ProjectionRuntime, ServiceRuntime
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.retries import Retry
from chassis.runtime.rows import Rows
from chassis.saga import Saga
from chassis.saga.instance import Instance
from chassis.service import Service
from chassis.store.factory import open_store
from chassis.store.port import Store

from tests.waiting import PATIENCE

T = TypeVar("T")

FAST = Retry(attempts=3, first=0.01, longest=0.02)


class Running:
    """Starts units, and stops them at the end of the test."""

    def __init__(self, url: str, messages: Catalog, folder: Path, store_url: str = "") -> None:
        self._url = url
        self._store_url = store_url
        self._folder = folder
        self._exit = AsyncExitStack()
        self.messages = messages
        self.hub: Hub

    async def __aenter__(self) -> Self:
        self.hub = await connect_hub(self._url, "test")
        self._exit.push_async_callback(self.hub.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exit.aclose()

    def store(self, name: str) -> Store:
        store = open_store(self._folder, name, self._store_url)
        self._exit.push_async_callback(store.close)
        return store

    async def service(self, service: Service, **options: Any) -> ServiceRuntime:
        runtime = ServiceRuntime(service, self.store(service.name), self.hub, retry=FAST, **options)
        self._exit.push_async_callback(runtime.close)
        await runtime.start()
        return runtime

    def topic(self, name: str) -> Topic:
        partitions, retention = self.messages.partitions, self.messages.retention
        return Topic(name=name, partitions=partitions, retention=retention)

    async def published(self, *topics: str) -> list[Envelope]:
        """What is in the topics; in all of them if none is named."""
        found: list[Envelope] = []
        for name in topics or self.messages.topics:
            found += await read_all(self.hub, self.topic(name))
        return found

    async def instances(self, service: str, saga: Saga[Any]) -> tuple[Instance, ...]:
        """The instances of a saga, as the service has stored them."""
        store = self.store(service)
        rows = Rows(store, names.saga(saga.name), Instance, id="id")
        await store.prepare((rows.collection,))
        return (await rows.search({}, {}, ("started_at",), 100, None)).items

    def sender(self, name: str) -> Sender:
        return Sender(name, self)

    async def projection(self, view: MaterializedView[Any]) -> ProjectionRuntime:
        runtime = ProjectionRuntime(view, self.store(view.name), self.hub, retry=FAST)
        self._exit.push_async_callback(runtime.close)
        await runtime.start()
        return runtime


class Sender:
    """Publishes commands as another service would."""

    def __init__(self, name: str, running: Running) -> None:
        hub = self._hub = running.hub
        self._envelopes = EnvelopeFactory(
            name, running.messages, utc_now, lambda: hub.max_message_bytes
        )

    async def __call__(self, command: Command) -> Outgoing:
        outgoing = self._envelopes.wrap(command, id=uuid4(), causation_id=None)
        await self._hub.publish(outgoing)
        return outgoing


async def read_all(hub: Hub, topic: Topic) -> list[Envelope]:
    """What is in a topic now."""
    await hub.declare(topic)
    start = dict.fromkeys(range(hub.partitions(topic.name)), 0)
    found: list[Envelope] = []
    async with aclosing(hub.read(topic.name, start)) as reader:
        async for records in reader:
            if not records:
                break
            found += [Envelope.from_json(record.data) for record in records]
    return found


async def do(runtime: ServiceRuntime, command: Command, id: UUID | None = None) -> Outcome:
    """Carry out a trusted command."""
    return await runtime.handle(command, caller=None, message_id=id or uuid4())


async def eventually(
    look: Callable[[], Awaitable[T]], wanted: Callable[[T], object], patience: float = PATIENCE
) -> T:
    """Return what `look` sees once it is `wanted`."""
    deadline = time.monotonic() + patience
    while True:
        seen = await look()
        if wanted(seen):
            return seen
        assert time.monotonic() < deadline, f"still {seen!r}"
        await asyncio.sleep(0.005)
