"""The store on Cassandra: a keyspace of its own, which any number of processes use.

It is for read models: documents and the inbox. It has no event streams, no outbox and no timers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from chassis.envelope import Envelope
from chassis.errors import StoreLost
from chassis.store.cassandra.address import Address, parse
from chassis.store.cassandra.catalog import Catalog
from chassis.store.cassandra.cql import Cql
from chassis.store.cassandra.evaluation import SHARDS, Layouts
from chassis.store.cassandra.journal import Journal
from chassis.store.cassandra.layout import Layout, short
from chassis.store.cassandra.queries import Queries
from chassis.store.cassandra.reads import Reads
from chassis.store.cassandra.schema import Schema
from chassis.store.cassandra.session import Limits, Session
from chassis.store.cassandra.writer import Writer
from chassis.store.port import Collection, Commit, Pending, Query, Stored, Timer

_PAGE = 500


def open_cassandra(url: str, unit_name: str, limits: Limits | None = None) -> CassandraStore:
    """Return the store of a unit, whose keyspace `prepare` creates. Nothing is connected yet.

    Raises:
        ValueError: The URL is not valid.
    """
    return CassandraStore(parse(url), short(unit_name), limits or Limits())


class CassandraStore:
    """Implements `chassis.store.port.Store`."""

    def __init__(self, address: Address, keyspace: str, limits: Limits) -> None:
        self._session = Session(address, keyspace, limits)
        self._cql = Cql(keyspace)
        self._journal = Journal(self._session)
        self._schema = Schema(self._session, self._journal, address.replication)
        self._reads = Reads(self._session)
        self._queries = Queries(self._session, self._reads)
        self._writer = Writer(self._journal, self._reads, self._layouts_of)
        self._catalog = Catalog()
        self._collections: dict[str, Collection] = {}
        self._layouts: dict[str, Layout] = {}

    async def prepare(self, collections: tuple[Collection, ...]) -> None:
        """See `Store`."""
        catalog = await self._schema.prepare(collections)
        self._collections |= {each.name: each for each in collections}
        self._use(catalog)
        if self._journal.store is None:
            self._journal.store = (await self._journal.settled()).store

    async def changes(self, collections: tuple[Collection, ...]) -> tuple[str, ...]:
        """See `Store`."""
        return tuple(await self._schema.changes(collections))

    def layout(self, collection: str) -> Layout:
        """Return the tables of a collection that was prepared."""
        return self._layouts[collection]

    async def get(self, collection: str, id: str) -> Stored | None:
        """See `Store`."""
        return (await self.get_many(collection, (id,))).get(id)

    async def get_many(self, collection: str, ids: tuple[str, ...]) -> Mapping[str, Stored]:
        """See `Store`."""
        layout = self._layouts[collection]
        found = await self._reads.documents(layout, ids)
        return {id: layout.stored(document) for id, document in found.items()}

    async def find(self, query: Query) -> tuple[Stored, ...]:
        """See `Store`."""
        layout = self._layouts[query.collection]
        return tuple(map(layout.stored, await self._queries.find(layout, query)))

    async def count(self, query: Query) -> int:
        """See `Store`."""
        return await self._queries.count(self._layouts[query.collection], query)

    async def handled(self, messages: tuple[str, ...]) -> Mapping[str, str | None]:
        """See `Store`."""
        return await self._reads.handled(messages)

    async def commit(self, commit: Commit) -> None:
        """See `Store`. What is not for read models is refused with a `ValueError`."""
        await self._writer.commit(commit)

    async def history(self, stream: str, *, after: int = 0, limit: int) -> tuple[Envelope, ...]:
        """See `Store`: there are no events."""
        return ()

    async def streams(self, prefix: str, *, after: str = "", limit: int) -> tuple[str, ...]:
        """See `Store`: there are none."""
        return ()

    async def pending(self, *, after: int = 0, limit: int) -> tuple[Pending, ...]:
        """See `Store`: there is no outbox."""
        return ()

    async def outbox_size(self) -> int:
        """See `Store`: there is no outbox."""
        return 0

    async def published(self, positions: tuple[int, ...]) -> None:
        """See `Store`: there is no outbox."""

    async def due(self, now: datetime, limit: int) -> tuple[Timer, ...]:
        """See `Store`: there are no timers."""
        return ()

    async def next_due(self) -> datetime | None:
        """See `Store`: there are no timers."""
        return None

    async def forget(self, generations: int) -> None:
        """See `Store`."""
        unit = self._cql.table("unit")
        state = await self._journal.settled()
        update = f"UPDATE {unit} SET generation = ? WHERE id = 0 IF generation = ?"
        values = (state.generation + 1, state.generation)
        begun, *_ = await self._session.conditional(update, values)
        if not begun:  # another process has just begun one
            return
        last = state.generation - generations
        for generation in range(state.forgotten + 1, last + 1):
            await asyncio.gather(*(self._forget(generation, shard) for shard in range(SHARDS)))
        if last > state.forgotten:
            done = f"UPDATE {unit} USING TIMESTAMP ? SET forgotten = ? WHERE id = 0"
            await self._session.execute(done, (last, last))

    async def ping(self) -> None:
        """See `Store`."""
        update = f"UPDATE {self._cql.table('unit')} SET pings = 1 WHERE id = 0"
        await self._session.execute(update)  # a write: it notices a quorum that is missing

    async def verify(self) -> None:
        """See `Store`."""
        rows = await self._session.execute(self._cql.select("unit", ("store",), ("id = 0",)))
        if not rows or self._journal.store not in (None, rows[0][0]):
            raise StoreLost(f"{self._session.where}: it was removed and replaced by another one")

    async def close(self) -> None:
        """See `Store`."""
        await self._writer.close()
        await self._session.close()

    async def _forget(self, generation: int, shard: int) -> None:
        """Remove inbox entries at their own timestamp: a message that comes again is kept."""
        where = ("generation = ?", "shard = ?")
        listed = self._cql.select("inbox_by_generation", ("message", "position"), where)
        delete = f"DELETE FROM {self._cql.table('inbox')} USING TIMESTAMP ? WHERE message = ?"
        async for page in self._session.pages(listed, (generation, shard), _PAGE):
            await asyncio.gather(
                *(self._session.execute(delete, (position, message)) for message, position in page)
            )
        partition = self._cql.table("inbox_by_generation")
        await self._session.execute(
            f"DELETE FROM {partition} WHERE generation = ? AND shard = ?", (generation, shard)
        )

    async def _layouts_of(self, version: int) -> Layouts:
        if version != self._catalog.version:
            self._use(await self._schema.catalog())
        return self._layouts

    def _use(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._layouts = {
            name: catalog.layout(collection) for name, collection in self._collections.items()
        }
