"""The store on Redis, which keeps all keys of a unit in one slot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from chassis.envelope import Envelope, Outgoing
from chassis.store.port import Collection, Commit, Pending, Query, Stored, Timer
from chassis.store.redis.address import Address, Limits
from chassis.store.redis.client import Client
from chassis.store.redis.commit import (
    commit_arguments,
    microseconds,
    outcome_error,
    read_timer,
    results,
)
from chassis.store.redis.documents import Reader
from chassis.store.redis.durability import check_durability
from chassis.store.redis.errors import translated
from chassis.store.redis.queries import Queries
from chassis.store.redis.schema import changes, create, register
from chassis.store.redis.writer import Writer


def open_redis(url: str, unit: str, limits: Limits | None = None) -> RedisStore:
    """Return the store of a unit, which `prepare` creates. Nothing is connected yet.

    Raises:
        ValueError: The URL, or the name of the unit, is not valid.
    """
    return RedisStore(Address(url, unit), limits or Limits())


class RedisStore:
    """Implements `chassis.store.port.Store`."""

    def __init__(self, address: Address, limits: Limits) -> None:
        self._address = address
        self._client = Client(address, limits)
        self._writer = Writer(self._client, limits)
        self._collections: dict[str, Collection] = {}
        self._readers: dict[str, Reader] = {}
        self._queries: dict[str, Queries] = {}

    async def prepare(self, collections: tuple[Collection, ...]) -> None:
        """See `Store`."""
        await self._client.use(self._check_durability)
        id = await create(self._client)
        self._client.store_id = self._client.store_id or id
        for collection in collections:
            if collection.name in self._collections:
                continue
            reader = Reader(collection, await register(self._client, collection))
            self._collections[collection.name] = collection
            self._readers[collection.name] = reader
            self._queries[collection.name] = Queries(self._client, collection, reader)

    async def changes(self, collections: tuple[Collection, ...]) -> tuple[str, ...]:
        """See `Store`."""
        found = [await changes(self._client, each) for each in collections]
        return tuple(change for each in found for change in each)

    async def get(self, collection: str, id: str) -> Stored | None:
        """See `Store`."""
        return (await self.get_many(collection, (id,))).get(id)

    async def get_many(self, collection: str, ids: tuple[str, ...]) -> Mapping[str, Stored]:
        """See `Store`."""
        read = self._readers[collection]
        if not ids:
            return {}
        keys = [self._address.key("doc", collection, id) for id in ids]
        hashes = await self._client.fetch(*(("HGETALL", key) for key in keys))
        found = zip(ids, hashes, strict=True)
        return {id: read(id, fields) for id, fields in found if fields}

    async def find(self, query: Query) -> tuple[Stored, ...]:
        """See `Store`."""
        return await self._queries[query.collection].find(query)

    async def count(self, query: Query) -> int:
        """See `Store`."""
        return await self._queries[query.collection].count(query)

    async def history(self, stream: str, *, after: int = 0, limit: int) -> tuple[Envelope, ...]:
        """See `Store`."""
        key = self._address.key("events", stream)
        (entries,) = await self._client.fetch(
            ("XRANGE", key, f"{after + 1}-0", "+", "COUNT", limit)
        )
        return tuple(Envelope.from_json(fields[b"data"]) for _, fields in entries)

    async def streams(self, prefix: str, *, after: str = "", limit: int) -> tuple[str, ...]:
        """See `Store`."""
        begin = f"({after}" if after >= prefix and after else f"[{prefix}"
        end = b"(" + prefix.encode() + b"\xff" if prefix else b"+"  # 0xFF follows all of UTF-8
        key = self._address.key("streams")
        range_ = ("ZRANGEBYLEX", key, begin, end, "LIMIT", 0, limit)
        (names,) = await self._client.fetch(range_)
        return tuple(name.decode() for name in names)

    async def handled(self, messages: tuple[str, ...]) -> Mapping[str, str | None]:
        """See `Store`."""
        found = await self._client.read("handled", *messages)
        return results([part.decode() for part in found])

    async def commit(self, commit: Commit) -> None:
        """See `Store`."""
        outcome = await self._writer.write(commit_arguments(commit, self._collections))
        error = outcome_error(outcome, self._collections)
        if isinstance(error, str):
            raise translated(ResponseError(error), str(self._address))
        if error is not None:
            raise error

    async def pending(self, *, after: int = 0, limit: int) -> tuple[Pending, ...]:
        """See `Store`."""
        key = self._address.key("outbox")
        (entries,) = await self._client.fetch(
            ("XRANGE", key, f"{after + 1}-0", "+", "COUNT", limit)
        )
        return tuple(
            Pending(
                int(id.partition(b"-")[0]),
                Outgoing(
                    topic=fields[b"topic"].decode(),
                    id=fields[b"id"].decode(),
                    type=fields[b"type"].decode(),
                    subject=fields[b"subject"].decode(),
                    data=fields[b"data"],
                ),
            )
            for id, fields in entries
        )

    async def outbox_size(self) -> int:
        """See `Store`."""
        (size,) = await self._client.fetch(("XLEN", self._address.key("outbox")))
        return int(size)

    async def published(self, positions: tuple[int, ...]) -> None:
        """See `Store`."""
        if positions:
            await self._writer.write(["published", len(positions), *positions], lazy=True)

    async def due(self, now: datetime, limit: int) -> tuple[Timer, ...]:
        """See `Store`."""
        timers = await self._timers(microseconds(now), limit)
        return tuple(timer for timer in timers if timer.due <= now)

    async def next_due(self) -> datetime | None:
        """See `Store`."""
        timers = await self._timers("+inf", 1)
        return timers[0].due if timers else None

    async def forget(self, generations: int) -> None:
        """See `Store`."""
        await self._writer.write(["forget", generations])

    async def ping(self) -> None:
        """See `Store`."""
        await self._client.use(self._check_durability)
        await self._client.repeat("ping")  # a write: it notices a replica, or a full disk

    async def verify(self) -> None:
        """See `Store`."""
        await self._client.fetch()

    async def close(self) -> None:
        """See `Store`."""
        await self._writer.close()
        await self._client.close()

    async def _check_durability(self, redis: Redis) -> None:
        await check_durability(redis, self._address)

    async def _timers(self, until: int | str, limit: int) -> list[Timer]:
        found = [part.decode() for part in await self._client.read("due", until, limit)]
        pairs = zip(found[::2], found[1::2], strict=True)
        return [read_timer(id, data) for id, data in pairs]
