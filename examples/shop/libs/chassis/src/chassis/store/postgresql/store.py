"""The store on PostgreSQL: a schema of its own, which any number of processes use.

See `chassis.store.sql` for the rules of its tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, TypeAlias

from sqlalchemy import Select

from chassis.envelope import Envelope, Outgoing
from chassis.errors import StoreLost, Unavailable
from chassis.store.port import Collection, Commit, Pending, Query, Stored, Timer
from chassis.store.postgresql.commit import Writes
from chassis.store.postgresql.pool import Address, Limits, Pool
from chassis.store.postgresql.schema import prepare
from chassis.store.postgresql.sql import Statement, compiled
from chassis.store.postgresql.writer import Writer
from chassis.store.prefixes import successor
from chassis.store.sql.documents import Reader, is_uuid
from chassis.store.sql.queries import Shape, count, find, shaped
from chassis.store.sql.statements import DocumentStatements, UnitStatements
from chassis.store.sql.tables import DocumentTable, UnitTables, document_table
from chassis.store.sql.texts import escaped, unescaped

_MANY = 1000  # inbox entries that are removed at once
_SHAPES = 1000  # compiled queries

_NONE: Mapping[str, Any] = {}

Values: TypeAlias = Mapping[str, Any]


def open_postgresql(url: str, schema: str, limits: Limits | None = None) -> PostgresStore:
    """Return the store in a schema, which `prepare` creates. Nothing is connected yet.

    Raises:
        ValueError: The URL, or the name of the schema, is not valid.
    """
    if len(schema.encode()) > 63:
        raise ValueError(f"{schema}: the name of a schema has at most 63 bytes")
    address = Address(url, schema)
    return PostgresStore(address, UnitTables(schema), limits or Limits())


class PostgresStore:
    """Implements `chassis.store.port.Store`."""

    def __init__(self, address: Address, tables: UnitTables, limits: Limits) -> None:
        self._where = str(address)
        self._tables = tables
        self._schema = str(tables.metadata.schema)
        self._readers = Pool(address, limits.readers, limits, autocommit=True)
        self._writers = Pool(address, 1, limits, autocommit=False)
        self._writes = Writes(tables)
        self._writer = Writer(self._writers, self._writes, self._where)
        self._unit = {
            name: compiled(statement) for name, statement in vars(UnitStatements(tables)).items()
        }
        self._documents: dict[str, _Documents] = {}
        self._id: str | None = None

    async def prepare(self, collections: tuple[Collection, ...]) -> None:
        """See `Store`."""
        new = [
            document_table(collection, self._schema)
            for collection in collections
            if collection.name not in self._documents
        ]
        async with self._readers.connection(limited=False) as connection:
            id = await prepare(connection, self._tables, new)
        self._id = self._id or id
        for table in new:
            self._writes.add(table)
            self._documents[table.collection.name] = _Documents(table)

    async def get(self, collection: str, id: str) -> Stored | None:
        """See `Store`."""
        return (await self.get_many(collection, (id,))).get(id)

    async def get_many(self, collection: str, ids: tuple[str, ...]) -> Mapping[str, Stored]:
        """See `Store`."""
        documents = self._documents[collection]
        valid = [escaped(id) for id in ids if not documents.table.has_uuids or is_uuid(id)]
        if not valid:
            return {}
        rows = await self._fetch(documents.get, {"ids": valid})
        return {stored.id: stored for stored in map(documents.read, rows)}

    async def find(self, query: Query) -> tuple[Stored, ...]:
        """See `Store`."""
        documents = self._documents[query.collection]
        shape, values = shaped(documents.table, query)
        rows = await self._fetch(documents.find(shape), values)
        return tuple(map(documents.read, rows))

    async def count(self, query: Query) -> int:
        """See `Store`."""
        documents = self._documents[query.collection]
        shape, values = shaped(documents.table, query)
        rows = await self._fetch(documents.count(shape), values)
        return int(rows[0][0])

    async def history(self, stream: str, *, after: int = 0, limit: int) -> tuple[Envelope, ...]:
        """See `Store`."""
        values = {"stream": escaped(stream), "after": after, "limit": limit}
        rows = await self._fetch(self._unit["history"], values)
        return tuple(Envelope.from_json(data) for (data,) in rows)

    async def streams(self, prefix: str, *, after: str = "", limit: int) -> tuple[str, ...]:
        """See `Store`."""
        begin = escaped(prefix)
        values = {"begin": begin, "after": escaped(after), "limit": limit, "end": successor(begin)}
        rows = await self._fetch(self._unit["streams"], values)
        return tuple(unescaped(stream) for (stream,) in rows)

    async def handled(self, messages: tuple[str, ...]) -> Mapping[str, str | None]:
        """See `Store`."""
        values = {"messages": [escaped(message) for message in messages]}
        rows = await self._fetch(self._unit["handled"], values)
        return {
            unescaped(message): None if result is None else unescaped(result)
            for message, result in rows
        }

    async def commit(self, commit: Commit) -> None:
        """See `Store`."""
        await self._writer.commit(commit)

    async def pending(self, *, after: int = 0, limit: int) -> tuple[Pending, ...]:
        """See `Store`."""
        rows = await self._fetch(self._unit["pending"], {"after": after, "limit": limit})
        return tuple(
            Pending(
                int(position),
                Outgoing(
                    topic=unescaped(topic),
                    id=unescaped(id),
                    type=unescaped(type),
                    subject=unescaped(subject),
                    data=data,
                ),
            )
            for position, topic, id, type, subject, data in rows
        )

    async def outbox_size(self) -> int:
        """See `Store`."""
        return int((await self._fetch(self._unit["outbox_size"]))[0][0])

    async def published(self, positions: tuple[int, ...]) -> None:
        """See `Store`."""
        if positions:
            await self._writer.published(positions)

    async def due(self, now: datetime, limit: int) -> tuple[Timer, ...]:
        """See `Store`."""
        rows = await self._fetch(self._unit["due"], {"now": now, "limit": limit})
        return tuple(
            Timer(
                id=unescaped(id),
                due=_instant(due),
                handler=unescaped(handler),
                data=unescaped(data),
            )
            for id, due, handler, data in rows
        )

    async def next_due(self) -> datetime | None:
        """See `Store`."""
        due = (await self._fetch(self._unit["next_due"]))[0][0]
        return None if due is None else _instant(due)

    async def forget(self, generations: int) -> None:
        """See `Store`."""
        await self._execute(self._unit["next_generation"])
        values = {"generations": generations + 1, "limit": _MANY}
        while await self._execute(self._unit["forget"], values):
            pass  # in small transactions: other writers do not wait

    async def ping(self) -> None:
        """See `Store`."""
        await self._execute(self._unit["ping"])  # a write: it notices a standby, or a full disk

    async def verify(self) -> None:
        """See `Store`."""
        rows = await self._fetch(self._unit["store"])
        if not rows or (self._id is not None and rows[0][0] != self._id):
            raise StoreLost(f"{self._where}: it was removed and replaced by another one")

    async def close(self) -> None:
        """See `Store`."""
        await self._writer.close()
        await self._writers.close()
        await self._readers.close()

    async def _fetch(self, statement: Statement, values: Values = _NONE) -> list[tuple[Any, ...]]:
        """Return the rows of a read, which is repeated if its connection was broken before."""
        try:
            return await self._fetch_once(statement, values)
        except StoreLost:
            raise
        except Unavailable:
            await self._readers.renew()
            return await self._fetch_once(statement, values)

    async def _fetch_once(self, statement: Statement, values: Values) -> list[tuple[Any, ...]]:
        async with self._readers.connection() as connection:
            cursor = await connection.execute(statement.sql, statement.parameters(values))
            return await cursor.fetchall()

    async def _execute(self, statement: Statement, values: Values = _NONE) -> int:
        """Execute a write of its own, and return the number of rows."""
        async with self._readers.connection() as connection:
            cursor = await connection.execute(statement.sql, statement.parameters(values))
            return cursor.rowcount


class _Documents:
    """The table of a collection, and its compiled reads."""

    def __init__(self, table: DocumentTable) -> None:
        self.table = table
        self.read = Reader(table.collection)
        self.get = compiled(DocumentStatements(table).get)
        self.find = lru_cache(_SHAPES)(partial(_compiled, find, table))
        self.count = lru_cache(_SHAPES)(partial(_compiled, count, table))


def _compiled(
    make: Callable[[DocumentTable, Shape], Select[Any]], table: DocumentTable, shape: Shape
) -> Statement:
    return compiled(make(table, shape))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
