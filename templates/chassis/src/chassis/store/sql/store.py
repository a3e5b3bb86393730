"""What the stores on relational databases share; see `chassis.store.sql` for their tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from sqlalchemy import ClauseElement

from chassis.envelope import Envelope, Outgoing
from chassis.errors import StoreLost
from chassis.store.port import Collection, Commit, Pending, Query, Stored, Timer
from chassis.store.sql.documents import Converters, Reader, is_uuid
from chassis.store.sql.queries import Shape, count, find, shaped
from chassis.store.sql.reads import UnitReads, get
from chassis.store.sql.tables import DocumentTable, UnitTables, document_table
from chassis.store.sql.texts import unescaped

_MANY = 1000  # inbox entries that are removed at once
_SHAPES = 1000  # compiled queries

_NONE: Mapping[str, Any] = {}

Values: TypeAlias = Mapping[str, Any]
Statement = TypeVar("Statement")


class Commits(Protocol):
    """What writes commits."""

    async def commit(self, commit: Commit) -> None:
        """See `Store`."""
        ...

    async def published(self, positions: tuple[int, ...]) -> None:
        """See `Store`."""
        ...

    async def close(self) -> None:
        """Finish what waits."""
        ...


class RelationalStore(ABC, Generic[Statement]):
    """Implements `chassis.store.port.Store`, but for how a database is used."""

    def __init__(
        self,
        where: str,
        tables: UnitTables,
        compiled: Callable[[ClauseElement], Statement],
        converters: Converters,
        writer: Commits,
        own: Mapping[str, ClauseElement],
    ) -> None:
        """Use a database.

        Args:
            where: The name of the store, without secrets.
            tables: The tables of the unit.
            compiled: Compiles statements.
            converters: How values are read; see `Reader`.
            writer: Writes commits.
            own: Statements of the database itself, by name: `forget` removes at most `limit`
                entries of the inbox that are `generations` old.
        """
        self._where = where
        self._tables = tables
        self._dialect = tables.dialect
        self._compiled = compiled
        self._converters = converters
        self._writer = writer
        statements = {**vars(UnitReads(tables)), **own}
        self._unit = {name: compiled(statement) for name, statement in statements.items()}
        self._documents: dict[str, _Documents[Statement]] = {}
        self._id: str | None = None

    async def prepare(self, collections: tuple[Collection, ...]) -> None:
        """See `Store`."""
        new = [
            document_table(collection, self._tables.metadata.schema, self._dialect)
            for collection in collections
            if collection.name not in self._documents
        ]
        id = await self._prepare(new)
        self._id = self._id or id
        for table in new:
            self._add(table)
            documents = _Documents(table, self._compiled, self._converters)
            self._documents[table.collection.name] = documents

    async def changes(self, collections: tuple[Collection, ...]) -> tuple[str, ...]:
        """See `Store`."""
        schema = self._tables.metadata.schema
        tables = [document_table(each, schema, self._dialect) for each in collections]
        return tuple(await self._changes(tables))

    async def get(self, collection: str, id: str) -> Stored | None:
        """See `Store`."""
        return (await self.get_many(collection, (id,))).get(id)

    async def get_many(self, collection: str, ids: tuple[str, ...]) -> Mapping[str, Stored]:
        """See `Store`."""
        documents = self._documents[collection]
        has_uuids, text = documents.table.has_uuids, self._dialect.text
        valid = [text(id) for id in ids if not has_uuids or is_uuid(id)]
        if not valid:
            return {}
        values = {"ids": self._dialect.array(valid)}
        rows = await self._fetch(documents.get, values, rows=len(valid))
        return {stored.id: stored for stored in map(documents.read, rows)}

    async def find(self, query: Query) -> tuple[Stored, ...]:
        """See `Store`."""
        documents = self._documents[query.collection]
        shape, values = shaped(documents.table, query)
        in_order_of_ids = not query.where and not query.sort
        limit = query.limit if in_order_of_ids else None
        rows = await self._fetch(documents.find(shape), values, rows=limit)
        return tuple(map(documents.read, rows))

    async def count(self, query: Query) -> int:
        """See `Store`."""
        documents = self._documents[query.collection]
        shape, values = shaped(documents.table, query)
        rows = await self._fetch(documents.count(shape), values)
        return int(rows[0][0])

    async def history(self, stream: str, *, after: int = 0, limit: int) -> tuple[Envelope, ...]:
        """See `Store`."""
        values = {"stream": self._dialect.text(stream), "after": after, "limit": limit}
        rows = await self._fetch(self._unit["history"], values, rows=limit)
        return tuple(Envelope.from_json(data) for (data,) in rows)

    async def streams(self, prefix: str, *, after: str = "", limit: int) -> tuple[str, ...]:
        """See `Store`."""
        values, is_open = self._dialect.prefix("prefix", prefix)
        values |= {"after": self._dialect.text(after), "limit": limit}
        rows = await self._fetch(self._unit["all_streams" if is_open else "streams"], values)
        return tuple(unescaped(stream) for (stream,) in rows)

    async def handled(self, messages: tuple[str, ...]) -> Mapping[str, str | None]:
        """See `Store`."""
        wanted = [self._dialect.text(message) for message in messages]
        values = {"messages": self._dialect.array(wanted)}
        rows = await self._fetch(self._unit["handled"], values, rows=len(messages))
        return {
            unescaped(message): None if result is None else unescaped(result)
            for message, result in rows
        }

    async def commit(self, commit: Commit) -> None:
        """See `Store`."""
        await self._writer.commit(commit)

    async def pending(self, *, after: int = 0, limit: int) -> tuple[Pending, ...]:
        """See `Store`."""
        values = {"after": after, "limit": limit}
        rows = await self._fetch(self._unit["pending"], values, rows=limit)
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
        values = {"now": self._dialect.instant(now.isoformat()), "limit": limit}
        rows = await self._fetch(self._unit["due"], values, rows=limit)
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
        due = (await self._fetch(self._unit["next_due"], rows=1))[0][0]
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
        if not rows or (self._id is not None and str(rows[0][0]) != self._id):
            raise StoreLost(f"{self._where}: it was removed and replaced by another one")

    async def close(self) -> None:
        """See `Store`."""
        await self._writer.close()
        await self._disconnect()

    @abstractmethod
    async def _prepare(self, new: list[DocumentTable]) -> str:
        """Create what is missing of the unit's tables and new ones, and return the store's id."""

    @abstractmethod
    async def _changes(self, tables: list[DocumentTable]) -> list[str]:
        """Return the statements that `_prepare` would execute."""

    @abstractmethod
    def _add(self, table: DocumentTable) -> None:
        """Prepare the writes to a table."""

    @abstractmethod
    async def _fetch(
        self, statement: Statement, values: Values = _NONE, *, rows: int | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a read, which are at most `rows` that are found by key."""

    @abstractmethod
    async def _execute(self, statement: Statement, values: Values = _NONE) -> int:
        """Execute a write of its own, and return the number of rows."""

    @abstractmethod
    async def _disconnect(self) -> None:
        """Close all connections."""


class _Documents(Generic[Statement]):
    """The table of a collection, and its compiled reads."""

    def __init__(
        self,
        table: DocumentTable,
        compiled: Callable[[ClauseElement], Statement],
        converters: Converters,
    ) -> None:
        def compiled_find(shape: Shape) -> Statement:
            return compiled(find(table, shape))

        def compiled_count(shape: Shape) -> Statement:
            return compiled(count(table, shape))

        self.table = table
        self.read = Reader(table.collection, converters)
        self.get = compiled(get(table))
        self.find = lru_cache(_SHAPES)(compiled_find)
        self.count = lru_cache(_SHAPES)(compiled_count)


def _instant(value: str | datetime) -> datetime:
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant.astimezone(UTC)
