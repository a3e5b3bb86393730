"""Searches: which table serves a query, and which parts of it are read.

A table whose partition has the equal fields of a query, and whose rows have its sort, is read in
order, from where the page before has ended: by its key, not by a paging state of the server, which
knows nothing of rows that come between two pages. A table with the partition only is read and
sorted. Whatever no table serves is a scan of all documents, in memory of the size of the page.
"""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from chassis.store.cassandra.cql import Cql, quoted
from chassis.store.cassandra.layout import Column, Document, Key, Layout, PatternTable, without_id
from chassis.store.cassandra.matching import Matcher
from chassis.store.cassandra.reads import Reads, selected
from chassis.store.cassandra.session import Session
from chassis.store.cassandra.values import bound, cell, read
from chassis.store.port import Field, Kind, Operator, Query, Scalar

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a partition.

    Attributes:
        equal: The columns with one value.
        after: The column with values behind one; None for all.
    """

    equal: Key
    after: tuple[Column, Any] | None = None


class Queries:
    """Finds documents in the keyspace of a session."""

    def __init__(self, session: Session, reads: Reads) -> None:
        self._session = session
        self._reads = reads
        self._cql = Cql(session.keyspace)

    async def find(self, layout: Layout, query: Query) -> list[Document]:
        """Return the documents that match `query`.

        Raises:
            InvalidCursor: Documents cannot have the id to continue after.
            KeyError: The collection has no such field.
            ValueError: A value does not suit its operator or field.
        """
        matcher = Matcher(layout, query)
        equal = {
            each.field: each.value for each in query.where if each.operator is Operator.EQUAL
        }
        if (id := equal.get(layout.collection.id or "")) is not None:
            found = await self._reads.documents(layout, [str(id)])
            return [each for each in found.values() if matcher(each)][: query.limit]
        pattern = best_table(layout, query, equal.keys())
        if pattern is None:
            return await self._sorted(self._scan(layout), matcher, query.limit)
        key = _partition_key(pattern, equal)
        if key is None:
            return []
        if pattern.pattern.sort == without_id(query.sort, layout.collection.id):
            slices = _slices(pattern, key, matcher.after)
            return await self._first(self._read(layout, pattern, slices, query.limit), matcher, query)
        everything = self._read(layout, pattern, iter((Slice(key),)), _PAGE)
        return await self._sorted(everything, matcher, query.limit)

    async def _first(
        self, documents: AsyncIterator[Document], matcher: Matcher, query: Query
    ) -> list[Document]:
        found: list[Document] = []
        async for document in documents:
            if len(found) == query.limit:
                break
            if matcher(document):
                found.append(document)
        return found[: query.limit]

    async def _sorted(
        self, documents: AsyncIterator[Document], matcher: Matcher, limit: int
    ) -> list[Document]:
        def key(document: Document) -> Any:
            return matcher.key(matcher.position(document))

        first: list[Document] = []
        async for document in documents:
            if matcher(document):
                first.append(document)
            if len(first) >= 2 * max(limit, _PAGE):
                first = heapq.nsmallest(limit, first, key)
        return sorted(first, key=key)[:limit]

    async def _scan(self, layout: Layout) -> AsyncIterator[Document]:
        cql = self._cql.select(layout.main.name, selected(layout))
        async for page in self._session.pages(cql, (), _PAGE):
            for row in page:
                yield layout.read(row)

    async def _read(
        self, layout: Layout, pattern: PatternTable, slices: Iterator[Slice], limit: int
    ) -> AsyncIterator[Document]:
        types = {
            each.name: each.type for each in (*pattern.table.partition, *pattern.table.clustering)
        }
        flags = [part for part in (*pattern.by, *pattern.sort) if part.set is not None]
        names = [*selected(layout), *(quoted(str(part.set)) for part in flags)]
        for part_of_it in slices:
            conditions = [f"{quoted(name)} = ?" for name, _ in part_of_it.equal]
            values = [bound(types[name], value) for name, value in part_of_it.equal]
            if part_of_it.after is not None:
                column, value = part_of_it.after
                step = "<" if column.descending else ">"
                conditions.append(f"{quoted(column.name)} {step} ?")
                values.append(bound(column.type, value))
            cql = self._cql.select(pattern.table.name, names, conditions)
            async for page in self._session.pages(cql, values, min(limit + 1, _PAGE)):
                for row in page:
                    document = layout.read(row[: len(row) - len(flags)] if flags else row)
                    unset = [
                        part.field.key
                        for part, is_set in zip(flags, row[len(row) - len(flags) :], strict=True)
                        if not read(is_set)
                    ]
                    yield _without(document, unset)


def best_table(layout: Layout, query: Query, equal: Any) -> PatternTable | None:
    """Return the table that serves a query best: one with its sort, else one with its partition."""
    sort = without_id(query.sort, layout.collection.id)
    fitting = [
        each
        for each in layout.patterns
        if each.table.name not in layout.incomplete and set(each.pattern.by) <= set(equal)
    ]
    in_order = [each for each in fitting if each.pattern.sort == sort]
    # A larger partition key leaves less to read.
    best = max(in_order or fitting, key=lambda each: len(each.by), default=None)
    return best if best is not None and (in_order or best.by) else None


def _partition_key(pattern: PatternTable, equal: dict[str, Any]) -> Key | None:
    """Return the key of the partition with some values; None if there can be none."""
    if not pattern.by:
        return (("all_rows", True),)
    cells: list[tuple[str, Any]] = []
    for part in pattern.by:
        value = equal[part.field.key]
        if value is None and part.set is None:
            if not part.field.optional:
                return None
        try:
            value = None if value is None else _as_stored(part.field, value)
        except ValueError:
            return None  # no document has this value
        cells += part.cells(value)
    return tuple(cells)


def _as_stored(field: Field, value: Scalar) -> Any:
    if field.kind is Kind.INTEGER and isinstance(value, float) and value.is_integer():
        value = int(value)
    return cell(field, value)


def _slices(pattern: PatternTable, key: Key, after: tuple[Any, ...] | None) -> Iterator[Slice]:
    """Return the parts of a partition behind a position, in order.

    With the position (a, b, id) these are: a, b, >id; then a, >b; then >a.
    """
    if after is None:
        yield Slice(key)
        return
    columns = pattern.table.clustering
    *values, id = after
    cells: list[tuple[str, Any]] = []
    for part, value in zip(pattern.sort, values, strict=False):
        cells += part.cells(str(value) if part.field.kind is Kind.DECIMAL and value is not None else value)
    cells.append((columns[-1].name, id))
    for number in range(len(columns) - 1, -1, -1):
        yield Slice((*key, *cells[:number]), (columns[number], cells[number][1]))


def _without(document: Document, keys: list[str]) -> Document:
    if not keys:
        return document
    cells = {**document.cells, **dict.fromkeys(keys)}
    return Document(document.id, document.version, cells)
