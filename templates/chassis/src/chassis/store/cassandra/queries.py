"""Searches: which table serves a query, and which parts of it are read.

A table whose partition has the equal fields of a query, and whose rows have its sort, is read in
order, from where the page before has ended: by its key, not by a paging state of the server, which
knows nothing of rows that come between two pages. A table with the partition only is read and
sorted. Whatever no table serves is a scan of all documents, in memory of the size of the page.
"""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chassis.errors import InvalidCursor
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
        matching, matcher, in_order = self._matching(layout, query)
        if in_order:
            return [document async for document in _limited(matching, query.limit)]
        return await _smallest(matching, matcher, query.limit)

    async def count(self, layout: Layout, query: Query) -> int:
        """Return the number of documents that match `query`, at most its limit; see `find`."""
        matching, _, _ = self._matching(layout, query)
        return len([None async for _ in _limited(matching, query.limit)])

    def _matching(
        self, layout: Layout, query: Query
    ) -> tuple[AsyncIterator[Document], Matcher, bool]:
        """Return the documents that match, and whether they are in the order of the query."""
        if query.ordered:
            matcher = Matcher(layout, query)
            candidates, in_order = self._candidates(layout, query, matcher)
        else:
            matcher = Matcher(layout, replace(query, after=None))
            candidates, in_order = self._scan(layout, query.after, query.limit), True
        return (each async for each in candidates if matcher(each)), matcher, in_order

    def _candidates(
        self, layout: Layout, query: Query, matcher: Matcher
    ) -> tuple[AsyncIterator[Document], bool]:
        """Return documents that may match, and whether they are in the order of the query."""
        equal = {each.field: each.value for each in query.where if each.operator is Operator.EQUAL}
        if (id := equal.get(layout.collection.id or "")) is not None:
            return self._by_id(layout, str(id)), True
        pattern = best_table(layout, query, equal.keys())
        if pattern is None:
            return self._scan(layout), False
        key = _partition_key(pattern, equal)
        if key is None:
            return _nothing(), True
        if pattern.pattern.sort == without_id(query.sort, layout.collection.id):
            slices = _slices(pattern, key, matcher.after)
            if slices is not None:
                return self._read(layout, pattern, slices, query.limit + 1), True
        return self._read(layout, pattern, (Slice(key),), _PAGE), False

    async def _by_id(self, layout: Layout, id: str) -> AsyncIterator[Document]:
        for document in (await self._reads.documents(layout, [id])).values():
            yield document

    async def _scan(
        self, layout: Layout, after: tuple[Scalar, ...] | None = None, size: int = _PAGE
    ) -> AsyncIterator[Document]:
        """Return all documents in the order of their tokens, or those behind an id."""
        conditions, values = [], []
        if after is not None:
            if not layout.is_id(str(after[-1])):
                raise InvalidCursor
            id = quoted(layout.id_column)
            conditions.append(f"token({id}) > token(?)")
            values.append(bound(layout.id_type, layout.id_cell(str(after[-1]))))
        cql = self._cql.select(layout.main.name, selected(layout), conditions)
        async for page in self._session.pages(cql, values, min(size, _PAGE)):
            for row in page:
                yield layout.read(row)

    async def _read(
        self, layout: Layout, pattern: PatternTable, slices: Iterable[Slice], size: int
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
            async for page in self._session.pages(cql, values, min(size, _PAGE)):
                for row in page:
                    document = layout.read(row[: len(row) - len(flags)] if flags else row)
                    unset = [
                        part.field.key
                        for part, is_set in zip(flags, row[len(row) - len(flags) :], strict=True)
                        if not read(is_set)
                    ]
                    yield _without(document, unset)


def best_table(layout: Layout, query: Query, equal: Collection[str]) -> PatternTable | None:
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


def _partition_key(pattern: PatternTable, equal: Mapping[str, Any]) -> Key | None:
    """Return the key of the partition with some values; None if there can be none."""
    if not pattern.by:
        return (("all_rows", True),)
    cells: list[tuple[str, Any]] = []
    for part in pattern.by:
        value = equal[part.field.key]
        if value is None and part.set is None:
            return None
        try:
            value = None if value is None else _as_stored(part.field, value)
        except ValueError:
            return None  # no document has this value
        cells += part.cells(value)
    return tuple(cells)


def _as_stored(field: Field, value: Any) -> Any:
    if field.kind is Kind.INTEGER and isinstance(value, float) and value.is_integer():
        value = int(value)
    return cell(field, str(value) if field.kind is Kind.DECIMAL else value)


def _slices(
    pattern: PatternTable, key: Key, after: tuple[Any, ...] | None
) -> tuple[Slice, ...] | None:
    """Return the parts of a partition behind a position, in order; None if it has no such column.

    With the position (a, b, id) these are: a, b, >id; then a, >b; then >a.
    """
    if after is None:
        return (Slice(key),)
    columns = pattern.table.clustering
    *values, id = after
    cells: list[tuple[str, Any]] = []
    try:
        for part, value in zip(pattern.sort, values, strict=False):
            if value is None and part.set is None:
                return None
            cells += part.cells(None if value is None else _as_stored(part.field, value))
    except ValueError:
        return None
    cells.append((columns[-1].name, id))
    return tuple(
        Slice((*key, *cells[:number]), (columns[number], cells[number][1]))
        for number in reversed(range(len(columns)))
    )


async def _nothing() -> AsyncIterator[Document]:
    none: tuple[Document, ...] = ()
    for document in none:
        yield document


async def _limited(documents: AsyncIterator[Document], limit: int) -> AsyncIterator[Document]:
    left = limit
    async for document in documents:
        if left > 0:
            yield document
        left -= 1
        if left <= 0:
            return


async def _smallest(
    documents: AsyncIterator[Document], matcher: Matcher, limit: int
) -> list[Document]:
    """Return the first documents in the order of a query, without keeping all."""

    def key(document: Document) -> Any:
        return matcher.key(matcher.position(document))

    first: list[Document] = []
    async for document in documents:
        first.append(document)
        if len(first) >= 2 * max(limit, _PAGE):
            first = heapq.nsmallest(limit, first, key)
    return heapq.nsmallest(limit, first, key)


def _without(document: Document, keys: list[str]) -> Document:
    if not keys:
        return document
    cells = {**document.cells, **dict.fromkeys(keys)}
    return Document(document.id, document.version, cells)
