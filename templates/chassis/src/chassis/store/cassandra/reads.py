"""Reads by key: documents, inbox entries, and who has unique values."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from chassis.store.cassandra.cql import Cql, quoted
from chassis.store.cassandra.layout import Document, Key, Layout, UniqueTable
from chassis.store.cassandra.session import Rows, Session
from chassis.store.cassandra.values import bound, read

T = TypeVar("T")

_TOGETHER = 50  # keys of one read


class Reads:
    """Reads from the keyspace of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cql = Cql(session.keyspace)

    async def documents(self, layout: Layout, ids: Iterable[str]) -> dict[str, Document]:
        """Return those of the documents that exist, by id."""
        valid = [id for id in dict.fromkeys(ids) if layout.is_id(id)]
        cql = self._cql.select(
            layout.main.name, selected(layout), (f"{quoted(layout.id_column)} IN ?",)
        )
        rows = await self._in_parts(cql, [bound(layout.id_type, id) for id in valid])
        found = (layout.read(row) for row in rows)
        return {document.id: document for document in found}

    async def handled(self, messages: Iterable[str]) -> dict[str, str | None]:
        """Return the results of those of the messages that were handled, by id."""
        cql = self._cql.select("inbox", ("message", "result"), ("message IN ?",))
        return {message: result for message, result in await self._in_parts(cql, list(messages))}

    async def owner(self, unique: UniqueTable, key: Key) -> str | None:
        """Return the id of the document that has unique values; None if none has."""
        types = {each.name: each.type for each in unique.table.partition}
        conditions = [f"{quoted(name)} = ?" for name, _ in key]
        cql = self._cql.select(unique.table.name, ("owner_id",), conditions)
        rows = await self._session.execute(cql, [bound(types[name], cell) for name, cell in key])
        return str(read(rows[0][0])) if rows else None

    async def _in_parts(self, cql: str, keys: Sequence[object]) -> Rows:
        reads = [self._session.execute(cql, (list(part),)) for part in _parts(keys, _TOGETHER)]
        return [row for rows in await asyncio.gather(*reads) for row in rows]


def selected(layout: Layout) -> list[str]:
    """Return what is read of a document; see `Layout.read`."""
    return [quoted(layout.id_column), '"version"', *map(quoted, layout.columns.values())]


def _parts(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    rest = iter(items)
    while part := tuple(islice(rest, size)):
        yield part
