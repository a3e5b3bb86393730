"""Queries of documents, which are answered in steps.

A step reads at most `SCAN` entries of an index, so the server is never busy for long. If no index
has the order of the query, each step returns its first documents, and the first of all are kept:
this takes as many steps as the conditions leave documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter
from typing import TypeAlias

from chassis.store.port import Collection, Condition, Kind, Operator, Query, Scalar, Stored
from chassis.store.redis.client import Argument, Client
from chassis.store.redis.documents import Reader, searched_text, stored_name

SCAN = 500

_COMPARED = (Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST, Operator.EQUAL)

_NUMBERS = (Kind.INTEGER, Kind.NUMBER, Kind.DECIMAL)

Hit: TypeAlias = tuple[bytes, bytes, list[bytes]]  # the sort key, the id and the hash


@dataclass(slots=True)
class _Progress:
    """What the steps of a query have found so far.

    Attributes:
        index: The index that they use.
        following: The member of the index after which the next step continues.
        is_ordered: Whether the index has the order of the query.
        count: The number of documents that match.
        hits: The first documents.
    """

    index: bytes = b""
    following: bytes = b""
    is_ordered: bool = True
    count: int = 0
    hits: list[Hit] = field(default_factory=list)


class Queries:
    """Executes the queries of a collection."""

    def __init__(self, client: Client, collection: Collection, reader: Reader) -> None:
        self._client = client
        self._reader = reader
        self._kinds = {
            field.key: field.kind for field in collection.fields if field.kind is not Kind.JSON
        }

    async def find(self, query: Query) -> tuple[Stored, ...]:
        """Return the documents that match `query`.

        Raises:
            KeyError: The collection has no such field.
            ValueError: A value does not suit its operator or field.
        """
        shape = list(self._shape(query))
        found = _Progress()
        worst = b""  # the sort key that further documents must precede
        while query.limit > len(found.hits) or not found.is_ordered:
            limit = query.limit - len(found.hits) if found.is_ordered else query.limit
            await self._step(found, query, "find", limit, worst, shape)
            if not found.is_ordered:
                found.hits.sort(key=itemgetter(0))
                del found.hits[query.limit :]
                worst = found.hits[-1][0] if len(found.hits) == query.limit else b""
            if not found.following:
                break
        return tuple(
            self._reader(id.decode(), dict(zip(hash[::2], hash[1::2], strict=True)))
            for _, id, hash in found.hits
        )

    async def count(self, query: Query) -> int:
        """Return the number of documents that match `query`, at most its limit."""
        shape = list(self._shape(query))
        found = _Progress()
        while found.count < query.limit:
            await self._step(found, query, "count", query.limit - found.count, b"", shape)
            if not found.following:
                break
        return min(found.count, query.limit)

    async def _step(
        self,
        found: _Progress,
        query: Query,
        purpose: str,
        limit: int,
        worst: bytes,
        shape: list[Argument],
    ) -> None:
        place = (found.index, found.following, worst)
        step = (query.collection, purpose, limit, SCAN, *place, *shape)
        found.index, found.following, ordered, count, hits = await self._client.read("find", *step)
        found.is_ordered = bool(ordered)
        found.count += count
        found.hits += hits

    def _shape(self, query: Query) -> Iterator[Argument]:
        """Return the conditions, the sort, and what the query continues after."""
        yield len(query.where)
        for condition in query.where:
            yield from self._condition(condition)
        yield len(query.sort)
        kinds = [self._kinds[sort.field] for sort in query.sort]
        for sort in query.sort:
            yield from (stored_name(sort.field), "desc" if sort.descending else "asc")
        if query.after is None:
            yield 0
            return
        yield len(query.after)
        for kind, value in zip((*kinds, Kind.TEXT), query.after, strict=True):
            yield from _value(kind, value)

    def _condition(self, condition: Condition) -> Iterator[Argument]:
        kind = self._kinds[condition.field]
        yield from (stored_name(condition.field), condition.operator.value)
        match condition.operator, condition.value:
            case Operator.IN, tuple(listed):
                values = listed
            case Operator.PREFIX, str(prefix) if kind in (Kind.TEXT, Kind.ENUM):
                values = (prefix,)
            case operator, (None | str() | int() | float()) as value if operator in _COMPARED:
                values = (value,)
            case operator, value:
                raise ValueError(f"{value!r} is not a valid value for {operator.name}")
        texts = {searched_text(kind, value) for value in values if value is not None}
        yield int(None in values)
        yield len(texts)
        yield from sorted(texts, key=Decimal if kind in _NUMBERS else None)


def _value(kind: Kind, value: Scalar) -> tuple[str, str]:
    """Return a value in the form in which the server tells it from null."""
    return ("null", "") if value is None else ("value", searched_text(kind, value))
