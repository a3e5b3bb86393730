"""The MongoDB adapter of the store port."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from bson import Int64

from chassis.envelope import Envelope, Outgoing
from chassis.errors import StoreLost
from chassis.store.group_commit import GroupCommit
from chassis.store.mongodb.client import Connections, Limits
from chassis.store.mongodb.commit import Writes
from chassis.store.mongodb.documents import ID, MICROS, Document, Documents
from chassis.store.mongodb.queries import beyond, order, where
from chassis.store.mongodb.scalars import joined, split
from chassis.store.mongodb.schema import (
    EVENTS,
    INBOX,
    META,
    OUTBOX,
    PINGS,
    STORE,
    TIMERS,
    changes,
    check,
    prepare,
)
from chassis.store.mongodb.values import from_bson
from chassis.store.mongodb.writer import Writer
from chassis.store.port import Collection, Commit, Pending, Query, Stored, Timer
from chassis.store.prefixes import successor

_DUE = ("due", f"{MICROS}.due")


def open_mongodb(url: str, unit_name: str, limits: Limits | None = None) -> MongoStore:
    """Return the store in the database of a unit. Nothing is connected yet.

    Raises:
        ValueError: The URL, or the name of the unit, is not valid.
    """
    limits = limits or Limits()
    return MongoStore(Connections(url, unit_name, limits), limits.patience)


class MongoStore:
    """Implements `chassis.store.port.Store`."""

    def __init__(self, connections: Connections, patience: float) -> None:
        self._connections = connections
        self._database = connections.database
        self._documents: dict[str, Documents] = {}
        self._writes = Writes(self._database)
        self._session_writer = Writer(connections, self._writes, patience)
        self._writer = GroupCommit(self._session_writer, str(connections))

    async def prepare(self, collections: tuple[Collection, ...]) -> None:
        """See `Store`."""
        new = [Documents(each) for each in collections if each.name not in self._documents]
        for documents in new:
            check(documents)
        with self._connections.translating():  # an index may take its time
            store = await prepare(self._database, new)
        self._writes.store = self._writes.store or store
        for documents in new:
            self._writes.add(documents)
            self._documents[documents.collection.name] = documents

    async def changes(self, collections: tuple[Collection, ...]) -> tuple[str, ...]:
        """See `Store`."""
        with self._connections.translating():
            return tuple(await changes(self._database, map(Documents, collections)))

    async def get(self, collection: str, id: str) -> Stored | None:
        """See `Store`."""
        return (await self.get_many(collection, (id,))).get(id)

    async def get_many(self, collection: str, ids: tuple[str, ...]) -> Mapping[str, Stored]:
        """See `Store`."""
        documents = self._documents[collection]
        valid = [key for id in ids if (key := documents.id(id)) is not None]
        if not valid:
            return {}
        found = await self._find(collection, {ID: {"$in": valid}}, [], len(valid))
        return {stored.id: stored for stored in map(documents.read, found)}

    async def find(self, query: Query) -> tuple[Stored, ...]:
        """See `Store`."""
        documents = self._documents[query.collection]
        sort = order(documents, query.sort)
        found = await self._find(query.collection, where(documents, query), sort, query.limit)
        return tuple(map(documents.read, found))

    async def count(self, query: Query) -> int:
        """See `Store`."""
        matching = where(self._documents[query.collection], query)
        with self._connections.limited():
            collection = self._database[query.collection]
            return await collection.count_documents(matching, limit=query.limit)

    async def history(self, stream: str, *, after: int = 0, limit: int) -> tuple[Envelope, ...]:
        """See `Store`."""
        matching = {"stream": stream, "version": {"$gt": Int64(after)}}
        found = await self._find(EVENTS, matching, [("stream", 1), ("version", 1)], limit)
        return tuple(_envelope(event) for event in found)

    async def streams(self, prefix: str, *, after: str = "", limit: int) -> tuple[str, ...]:
        """See `Store`."""
        names = {"$gte": prefix, "$gt": after}
        if (end := successor(prefix)) is not None:
            names["$lt"] = end
        matching = {"stream": names, "version": Int64(1)}
        found = await self._find(EVENTS, matching, [("stream", 1), ("version", 1)], limit)
        return tuple(event["stream"] for event in found)

    async def handled(self, messages: tuple[str, ...]) -> Mapping[str, str | None]:
        """See `Store`."""
        with self._connections.limited():
            return await self._writes.handled(messages)

    async def commit(self, commit: Commit) -> None:
        """See `Store`."""
        await self._writer.commit(commit)

    async def pending(self, *, after: int = 0, limit: int) -> tuple[Pending, ...]:
        """See `Store`."""
        found = await self._find(OUTBOX, {ID: {"$gt": Int64(after)}}, [(ID, 1)], limit)
        return tuple(
            Pending(
                int(each[ID]),
                Outgoing(
                    topic=each["topic"],
                    id=each["id"],
                    type=each["type"],
                    subject=each["subject"],
                    data=bytes(each["data"]),
                ),
            )
            for each in found
        )

    async def outbox_size(self) -> int:
        """See `Store`."""
        with self._connections.limited():
            return await self._database[OUTBOX].count_documents({})

    async def published(self, positions: tuple[int, ...]) -> None:
        """See `Store`."""
        if positions:
            await self._writer.published(positions)

    async def due(self, now: datetime, limit: int) -> tuple[Timer, ...]:
        """See `Store`."""
        until, micros = split(now.astimezone(UTC))
        terms = list(zip(_DUE, (until, micros or None), strict=True))
        matching = beyond(terms, (True, True), inclusive=True)
        found = await self._find(TIMERS, matching, [*((path, 1) for path in _DUE), (ID, 1)], limit)
        return tuple(
            Timer(id=each[ID], due=_due(each), handler=each["handler"], data=each["data"])
            for each in found
        )

    async def next_due(self) -> datetime | None:
        """See `Store`."""
        found = await self._find(TIMERS, {}, [(path, 1) for path in _DUE], 1)
        return _due(found[0]) if found else None

    async def forget(self, generations: int) -> None:
        """See `Store`."""
        with self._connections.limited():
            meta = self._database[META]
            found = await meta.find_one_and_update(STORE, {"$inc": {"generation": Int64(1)}})
        if found is None:
            raise self._lost()
        with self._connections.translating():  # there may be many
            old = {"generation": {"$lte": Int64(found["generation"] - generations)}}
            await self._database[INBOX].delete_many(old)

    async def ping(self) -> None:
        """See `Store`."""
        with self._connections.limited():  # a write: it notices that there is no primary
            done = await self._database[META].update_one(PINGS, {"$inc": {"count": Int64(1)}})
        if not done.matched_count:
            raise self._lost()

    async def verify(self) -> None:
        """See `Store`."""
        with self._connections.limited():
            found = await self._database[META].find_one(STORE)
        if found is None or self._writes.store not in (None, found["store"]):
            raise self._lost()

    async def close(self) -> None:
        """See `Store`."""
        await self._writer.close()
        await self._session_writer.close()
        await self._connections.close()

    async def _find(
        self, collection: str, matching: Document, sort: list[tuple[str, int]], limit: int
    ) -> list[Document]:
        if limit < 1:
            return []  # MongoDB would find all
        with self._connections.limited():
            cursor = self._database[collection].find(
                matching, sort=sort or None, limit=limit, batch_size=limit
            )
            return await cursor.to_list()

    def _lost(self) -> StoreLost:
        return StoreLost(f"{self._connections}: it was removed or replaced by another one")


def _envelope(event: Document) -> Envelope:
    return Envelope.from_json(json.dumps(from_bson(event["event"])).encode())


def _due(timer: Document) -> datetime:
    return joined(timer["due"], timer.get(MICROS, {}).get("due"))
