"""Typed documents: reading, writing and searching one collection of a store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Generic, TypeVar

from chassis.codec import Codec
from chassis.errors import InvalidQuery
from chassis.fields import SearchField, search_fields, stored_fields
from chassis.names import Name
from chassis.results import Page, Versioned
from chassis.runtime.cursor import read_cursor, write_cursor
from chassis.runtime.patterns import Pattern
from chassis.runtime.work import Work
from chassis.store.port import (
    AccessPattern,
    Collection,
    Commit,
    Condition,
    Delete,
    Put,
    Query,
    Reads,
    Sort,
    Store,
    equal,
)

T = TypeVar("T")


class Rows(Generic[T]):
    """The documents of one class in one collection."""

    def __init__(
        self,
        store: Store,
        name: Name | str,
        kind: type[T],
        keys: Mapping[str, str] = MappingProxyType({}),
        id: str | None = None,
        patterns: Iterable[Pattern] = (),
    ) -> None:
        """Create access to a collection.

        Args:
            store: The store.
            name: The name of the collection.
            kind: The class of the documents.
            keys: The keys of fields that are stored under another one than their name.
            id: The field with the id; None, or another name, if no field has it.
            patterns: The expected searches.
        """
        self._store = store
        named = name if isinstance(name, Name) else Name(name)
        self._codec = Codec(kind, keys)
        stored = stored_fields(kind, keys)
        self._fields = search_fields(kind, stored)
        self._by_key = {field.key: field for field in self._fields.values()}
        self.collection = Collection(
            name=named.now,
            former=named.former,
            id=stored[id].key if id in stored else None,
            fields=tuple(stored.values()),
            patterns=tuple(
                dict.fromkeys(
                    AccessPattern(by=self._keys(by), sort=self._sorts(sort))
                    for by, sort in patterns
                )
            ),
        )

    async def get(self, reads: Reads, id: str) -> Versioned[T] | None:
        """Return the document `id`, or None."""
        stored = await reads.get(self.collection.name, id)
        return Versioned(self._codec.decode(stored.data), stored.version) if stored else None

    def put(self, work: Work, id: str, value: T, *, expected: int, version: int) -> None:
        """Write `value` as the document `id`."""
        data = self._codec.encode(value)
        put = Put(
            collection=self.collection.name, id=id, data=data, expected=expected, version=version
        )
        work.add(Commit(puts=(put,)))

    def delete(self, work: Work, id: str, *, expected: int) -> None:
        """Remove the document `id`."""
        delete = Delete(collection=self.collection.name, id=id, expected=expected)
        work.add(Commit(deletes=(delete,)))

    async def search(
        self,
        by: Mapping[str, object],
        filter: Mapping[str, object],
        sort: tuple[str, ...],
        limit: int,
        cursor: str | None,
    ) -> Page[T]:
        """Return a page of the documents whose fields equal `by` and `filter`.

        Args:
            by: Values by field.
            filter: More values by field; those that are None are ignored.
            sort: The fields to sort by; a leading `-` means descending.
            limit: The largest number of documents.
            cursor: The cursor of the page before; None for the first page.

        Raises:
            InvalidQuery: A field or a value is not valid.
            InvalidCursor: The cursor is not valid for this query.
        """
        where = self._where({**by, **{k: v for k, v in filter.items() if v is not None}})
        sorts = self._sorts(sort)
        query = Query(collection=self.collection.name, where=where, sort=sorts, limit=limit + 1)
        if cursor is not None:
            query = replace(query, after=read_cursor(cursor, query, self._by_key))
        found = await self._store.find(query)
        items = tuple(self._codec.decode(stored.data) for stored in found[:limit])
        if len(found) <= limit:
            return Page(items, None)
        last = found[limit - 1]
        data = json.loads(last.data)
        return Page(items, write_cursor(query, (*(data[s.field] for s in sorts), last.id)))

    def _where(self, values: Mapping[str, object]) -> tuple[Condition, ...]:
        fields = ((self._field(name), value) for name, value in values.items())
        return tuple(equal(field.key, field.parse(value)) for field, value in fields)

    def _keys(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(self._field(name).key for name in names)

    def _sorts(self, names: Iterable[str]) -> tuple[Sort, ...]:
        return tuple(
            Sort(self._field(name.removeprefix("-")).key, name.startswith("-")) for name in names
        )

    def _field(self, name: str) -> SearchField:
        if name not in self._fields:
            raise InvalidQuery(name, "is not a field that can be searched or sorted by")
        return self._fields[name]
