"""The group `engines` of `make bench`: what adapters do in a second, and bare clients beside them.

Both sides take turns on the same server. The best round of each counts.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from chassis.envelope import Outgoing
from chassis.hub.factory import connect_hub
from chassis.store.factory import open_store
from chassis.store.port import Collection, Store

from bench.engines import cassandra, kafka, mongodb, nats, postgresql, rabbitmq, redis, sqlite, work
from bench.engines.work import Command
from bench.report import Row
from tests.fleet.deployment import ROOT
from tests.servers.cassandra import CassandraServer
from tests.servers.kafka import KafkaServer
from tests.servers.mongodb import MongoServer
from tests.servers.nats import NatsServer
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import RabbitServer
from tests.servers.redis import RedisServer
from tests.servers.server import Server

_ROUNDS = 3
_SHARE = 0.6

Publish: TypeAlias = Callable[[str, str, Sequence[Outgoing]], Awaitable[float]]
Read: TypeAlias = Callable[[str, str], Awaitable[float]]
Bare: TypeAlias = Callable[[str], AbstractAsyncContextManager[Command]]


@dataclass(frozen=True, slots=True)
class Rate:
    """What was done in a second, by the adapter and by the bare client."""

    adapter: float
    bare: float


def rows() -> list[Row]:
    """Measure every engine; take some minutes."""
    return asyncio.run(_rows())


async def _rows() -> list[Row]:
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
        folder = Path(name)
        return [
            *await _hub("Kafka", KafkaServer(folder / "kafka"), kafka.publish, kafka.read),
            *await _hub(
                "RabbitMQ", RabbitServer(folder / "rabbitmq"), rabbitmq.publish, rabbitmq.read
            ),
            *await _hub("NATS", NatsServer(folder / "nats"), nats.publish, nats.read),
            await _store("PostgreSQL", PostgresServer(folder / "postgres"), postgresql.bare),
            await _store("MongoDB's protocol", MongoServer(folder / "mongodb"), mongodb.bare),
            await _store("Redis", RedisServer(folder / "redis"), redis.bare),
            await _store(
                "Cassandra",
                CassandraServer(folder / "cassandra"),
                cassandra.bare,
                work.CARTS_BY_PRICE,
                work.projecting,
            ),
            await _sqlite(folder),
        ]


async def _hub(name: str, server: Server, publish: Publish, read: Read) -> list[Row]:
    server.start()
    try:
        rounds = [await _hub_round(server.url, publish, read) for _ in range(_ROUNDS)]
    finally:
        server.kill()
    published, were_read = zip(*rounds, strict=True)
    return [
        _row(f"{name}: events published", published),
        _row(f"{name}: events read", were_read),
    ]


async def _hub_round(url: str, publish: Publish, read: Read) -> tuple[Rate, Rate]:
    topic, bare_topic = work.new_topic(), work.new_topic().name
    hub = await connect_hub(url, "bench")
    try:
        await hub.declare(topic)
        published = await work.publish(hub, work.messages(topic.name))
        was_read = await work.read(hub, topic.name)
    finally:
        await hub.close()
    bare = await publish(url, bare_topic, work.messages(bare_topic))
    return Rate(published, bare), Rate(was_read, await read(url, bare_topic))


async def _store(
    name: str,
    server: Server,
    bare: Bare,
    collection: Collection = work.CARTS,
    commit: Callable[[Store], Command] = work.committing,
) -> Row:
    server.start()
    try:
        rounds = []
        for number in range(_ROUNDS):
            store = open_store(Path(), f"bench{number}", server.url)
            rounds.append(await _store_round(store, bare(server.url), collection, commit))
    finally:
        server.kill()
    what = "commands" if commit is work.committing else "rows and inbox entries"
    return _row(f"{name}: {what} committed", rounds)


async def _sqlite(folder: Path) -> Row:
    rounds = []
    for number in range(_ROUNDS):
        store = open_store(folder, f"bench{number}")
        bare = sqlite.bare(folder / f"bare{number}.db")
        rounds.append(await _store_round(store, bare, work.CARTS, work.committing))
    return _row("SQLite: commands committed", rounds)


async def _store_round(
    store: Store,
    bare: AbstractAsyncContextManager[Command],
    collection: Collection,
    commit: Callable[[Store], Command],
) -> Rate:
    try:
        await store.prepare((collection,))
        adapter = await work.commands(commit(store))
    finally:
        await store.close()
    async with bare as command:
        return Rate(adapter, await work.commands(command))


def _row(what: str, rounds: Sequence[Rate]) -> Row:
    adapter = max(each.adapter for each in rounds)
    bare = max(each.bare for each in rounds)
    print(f"  {what}: {adapter:.0f}/s, bare {bare:.0f}/s", flush=True)
    return Row(what, adapter, "/s", None, adapter / bare, "a bare client", share=_SHARE)
