"""Random queries of a Redis store, with and without indexes that serve them."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from decimal import Decimal
from functools import cmp_to_key
from typing import Any
from uuid import uuid4

import pytest
from chassis.store.port import (
    AccessPattern,
    Collection,
    Commit,
    Condition,
    Delete,
    Field,
    Kind,
    Operator,
    Put,
    Query,
    Scalar,
    Sort,
    Store,
)
from chassis.store.redis import queries
from chassis.store.redis.store import open_redis

VALUES: dict[str, tuple[Scalar, ...]] = {
    "owner": (None, "", "a", "a\0", "a\0\uffff", "ab", "b", "ä", "\U0010ffff"),
    "n": (None, -(2**63), -101, -100, -99, -10, -9, -1, 0, 1, 9, 10, 99, 100, 2**63 - 1),
    "open": (None, False, True),
    "price": (None, "-1E+3", "-12.5", "-12.49", "-0.001", "0.0", "1E-7", "0.10", "12.5", "1E+30"),
    "weight": (None, -1e308, -2.5, -5e-324, 0.0, 5e-324, 0.1, 2.5, 1e22, 1.7976931348623157e308),
    "at": (None, "0001-01-01T00:00:00Z", "2030-01-01T01:00:00+01:00", "2030-01-01T00:00:00.1Z"),
}
EQUAL = {"price": ("12.50", "0", "-0.0010"), "at": ("2030-01-01T00:00:00Z",), "n": (9.0, 9.5)}
KINDS = {
    "owner": Kind.TEXT,
    "n": Kind.INTEGER,
    "open": Kind.BOOLEAN,
    "price": Kind.DECIMAL,
    "weight": Kind.NUMBER,
    "at": Kind.INSTANT,
}
FIELDS = tuple(Field(name, kind, optional=True) for name, kind in KINDS.items())
INDEXES = (
    (Sort("owner"),),
    (Sort("owner", True), Sort("n")),
    (Sort("open"), Sort("price", True), Sort("owner")),
    (Sort("at"), Sort("n", True)),
    (Sort("n"),),
    (Sort("weight", True),),
)


@pytest.fixture
async def store(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    monkeypatch.setattr(queries, "SCAN", 7)
    store = open_redis(redis_url, f"unit {uuid4()}")
    yield store
    await store.close()


def value(field: str, raw: Scalar) -> Any:
    """Return what is compared."""
    if raw is None:
        return None
    if field == "at":
        return datetime.fromisoformat(str(raw))
    return Decimal(raw) if field in ("price", "n", "weight") else raw


def before(left: Any, right: Any) -> bool:
    return right is not None and (left is None or left < right)


def holds(condition: Condition, document: dict[str, Any]) -> bool:
    found = value(condition.field, document[condition.field])
    if condition.operator is Operator.IN:
        assert isinstance(condition.value, tuple)
        return found in [value(condition.field, each) for each in condition.value]
    if condition.operator is Operator.PREFIX:
        return found is not None and found.startswith(condition.value)
    assert not isinstance(condition.value, tuple)
    bound = value(condition.field, condition.value)
    tests: dict[Operator, Callable[[], bool]] = {
        Operator.EQUAL: lambda: bool(found == bound),
        Operator.LESS: lambda: before(found, bound),
        Operator.AT_MOST: lambda: not before(bound, found),
        Operator.GREATER: lambda: before(bound, found),
        Operator.AT_LEAST: lambda: not before(found, bound),
    }
    return tests[condition.operator]()


def compared(sort: tuple[Sort, ...], left: tuple[Any, ...], right: tuple[Any, ...]) -> int:
    """Compare the values and ids of two documents in the order of a query."""
    for part, a, b in zip((*sort, None), left, right, strict=True):
        if a != b:
            return -1 if before(a, b) != (part is not None and part.descending) else 1
    return 0


def expected(documents: dict[str, dict[str, Any]], query: Query) -> list[str]:
    def key(id: str) -> tuple[Any, ...]:
        return *(value(sort.field, documents[id][sort.field]) for sort in query.sort), id

    found = [
        id
        for id, document in documents.items()
        if all(holds(condition, document) for condition in query.where)
    ]

    def order(left: str, right: str) -> int:
        return compared(query.sort, key(left), key(right))

    found.sort(key=cmp_to_key(order))
    if query.after is not None:
        *values, id = query.after
        fields = [sort.field for sort in query.sort]
        after = *map(value, fields, values), id
        found = [each for each in found if compared(query.sort, key(each), after) > 0]
    return found


def random_condition(source: random.Random) -> Condition:
    field = source.choice(list(VALUES))
    values = VALUES[field] + EQUAL.get(field, ())
    operator = source.choice(list(Operator))
    if operator is Operator.IN:
        return Condition(field, operator, tuple(source.choices(values, k=source.randrange(5))))
    if operator is Operator.PREFIX:
        return Condition("owner", operator, source.choice(["", "a", "a\0", "b", "\U0010ffff"]))
    return Condition(field, operator, source.choice(values))


def random_query(source: random.Random, documents: dict[str, dict[str, Any]]) -> Query:
    fields = source.sample(list(VALUES), source.choice((0, 1, 1, 2, 3)))
    sort = tuple(Sort(field, source.random() < 0.5) for field in fields)
    if source.random() < 0.6:
        sort = source.choice(INDEXES)[: source.choice((1, 2, 3))]
    after = None
    if source.random() < 0.5:
        document = documents[source.choice(list(documents))]
        after = (*(document[part.field] for part in sort), source.choice(list(documents)))
    where = tuple(random_condition(source) for _ in range(source.choice((0, 1, 1, 2, 3))))
    limit = source.choice((1, 3, 20, 1000))
    return Query(collection="all", where=where, sort=sort, after=after, limit=limit)


@pytest.mark.parametrize("indexes", [(), INDEXES])
async def test_queries_find_what_python_would(
    store: Store, indexes: tuple[tuple[Sort, ...], ...]
) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    source = random.Random(seed)
    patterns = tuple(AccessPattern(sort=index) for index in indexes)
    await store.prepare((Collection(name="all", fields=FIELDS, patterns=patterns),))
    documents: dict[str, dict[str, Any]] = {}
    versions: dict[str, int] = {}
    for _ in range(200):  # documents come, change and go
        id = f"{source.randrange(80):02}"
        if id in versions and source.random() < 0.2:
            delete = Delete(collection="all", id=id, expected=versions.pop(id))
            await store.commit(Commit(deletes=(delete,)))
            del documents[id]
            continue
        documents[id] = {name: source.choice(values) for name, values in VALUES.items()}
        version = versions.get(id, 0)
        data = json.dumps(documents[id])
        put = Put(collection="all", id=id, data=data, expected=version, version=version + 1)
        await store.commit(Commit(puts=(put,)))
        versions[id] = version + 1
    for _ in range(400):
        query = random_query(source, documents)
        wanted = expected(documents, query)[: query.limit]
        found = [each.id for each in await store.find(query)]
        assert found == wanted, query
        assert await store.count(query) == len(wanted), query
