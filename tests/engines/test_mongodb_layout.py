"""The database of a unit, as somebody sees it who knows MongoDB and nothing of the chassis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from bson import Binary, Decimal128, Int64
from bson.binary import UuidRepresentation
from chassis.envelope import Outgoing
from chassis.store.mongodb.documents import Documents
from chassis.store.mongodb.queries import order, where
from chassis.store.mongodb.store import MongoStore, open_mongodb
from chassis.store.port import (
    Append,
    Collection,
    Commit,
    Condition,
    Delete,
    Field,
    Kind,
    Operator,
    Put,
    Query,
    Received,
    Sort,
    Stored,
    Timer,
    equal,
)
from pymongo import MongoClient
from pymongo.database import Database

from tests.chassis.contracts.store_contract import (
    COLLECTIONS,
    NOW,
    THINGS,
    content,
    envelope,
    in_collection,
    message,
    person,
    put,
)


@pytest.fixture
def unit() -> str:
    return f"unit-{uuid4()}"


@pytest.fixture
async def store(mongodb_url: str, unit: str) -> AsyncIterator[MongoStore]:
    store = open_mongodb(mongodb_url, unit)
    await store.prepare(COLLECTIONS)
    yield store
    await store.close()


@pytest.fixture
def database(mongodb_url: str, unit: str) -> Iterator[Database[dict[str, Any]]]:
    """The database, with a client that decodes BSON as PyMongo does by default."""
    with MongoClient[dict[str, Any]](mongodb_url) as client:
        yield client[unit]


async def test_a_document_has_bson_types(
    store: MongoStore, database: Database[dict[str, Any]]
) -> None:
    friend = UUID(int=8)
    written = person(
        7,
        id="other",
        version=3,
        number=1,
        weight=70,
        balance="1.50",
        seen="2030-01-01T00:00:00.001002Z",
        born="2000-02-29",
        friend=str(friend),
        address={"city": "Ulm", "lines": ["a", {"n": 2**40}]},
    )
    await store.commit(Commit(puts=(written,)))
    found = database.people.find_one()
    assert found == {
        "_id": Binary.from_uuid(UUID(int=7)),
        "_version": 1,
        "id": "other",
        "version": 3,
        "name": "7",
        "number": 1,
        "weight": 70.0,
        "balance": Decimal128("1.50"),
        "seen": datetime(2030, 1, 1, 0, 0, 0, 1000),
        "_micros": {"seen": 2},
        "born": datetime(2000, 2, 29),
        "friend": Binary.from_uuid(friend),
        "color": "red",
        "address": {"city": "Ulm", "lines": ["a", {"n": 2**40}]},
    }
    types = {
        "_id": "binData",
        "_version": "long",
        "version": "long",
        "number": "long",
        "weight": "double",
        "balance": "decimal",
        "seen": "date",
        "born": "date",
        "friend": "binData",
        "address": "object",
        "address.lines": "array",
    }
    for path, type in types.items():
        assert database.people.count_documents({path: {"$type": type}}) == 1, path
    assert found["_id"].subtype == 4


async def test_a_document_is_found_with_plain_queries(
    store: MongoStore, database: Database[dict[str, Any]]
) -> None:
    ulm, other = person(7, balance="1.50", address={"city": "Ulm"}), person(8, balance="2.25")
    await store.commit(Commit(puts=(ulm, other)))
    found = database.people.find_one(
        {"address.city": "Ulm", "seen": {"$gte": datetime(2029, 1, 1)}}
    )
    assert found is not None
    assert found["_id"].as_uuid(UuidRepresentation.STANDARD) == UUID(int=7)
    total = {"$group": {"_id": None, "total": {"$sum": "$balance"}}}
    (sum_,) = database.people.aggregate([total])
    assert str(sum_["total"]) == "3.75"


async def test_what_bson_cannot_represent_is_beside_it(
    store: MongoStore, database: Database[dict[str, Any]]
) -> None:
    digits = "12345678901234567890123456789012345.60"
    written = person(
        1, balance=digits, address={"$ref": {"a.b": 10**30, "$": -(2**63) - 1}, "x\0$": ["\0"]}
    )
    await store.commit(Commit(puts=(written, person(2, balance="1E+9999"))))
    found = database.people.find_one({"_exact.balance": digits})
    assert found is not None
    assert str(found["balance"]) == "1.234567890123456789012345678901235E+34"
    assert found["address"] == {
        "\ufdd02ref": {
            "a.b": {"\ufdd0integer": str(10**30)},
            "\ufdd02": {"\ufdd0integer": str(-(2**63) - 1)},
        },
        "x\ufdd00$": ["\0"],
    }
    for each in (written, person(2, balance="1E+9999")):
        stored = content(await store.get("people", each.id))
        assert stored["address"] == content_of(each)["address"]
        assert str(stored["balance"]) == str(content_of(each)["balance"])
    await store.commit(
        Commit(puts=(person(1, 2, balance="1.5", seen="2030-01-01T00:00:00.000001Z"),))
    )
    await store.commit(Commit(puts=(person(1, 3, balance="1.5"),)))
    found = database.people.find_one({"_id": Binary.from_uuid(UUID(int=1))})
    assert found is not None
    assert not found.get("_exact")
    assert not found.get("_micros")


async def test_null_is_a_missing_field(
    store: MongoStore, database: Database[dict[str, Any]]
) -> None:
    await store.commit(Commit(puts=(put("1", owner="a", price="1", at="2030-01-01T00:00:00.5Z"),)))
    await store.commit(Commit(puts=(put("1", 2, owner=None, n=1),)))
    found = database.things.find_one()
    assert found is not None
    assert {key: value for key, value in found.items() if value != {}} == {
        "_id": "1",
        "_version": 2,
        "n": 1,
    }


async def test_indexes(store: MongoStore, database: Database[dict[str, Any]]) -> None:
    def indexes(name: str) -> dict[str, Any]:
        found = database[name].index_information()
        return {name: index for name, index in found.items() if name != "_id_"}

    assert {
        name: (index["key"], index.get("unique", False), index.get("partialFilterExpression"))
        for name, index in indexes("people").items()
    } == {
        "name_1_balance_-1__id_1": ([("name", 1), ("balance", -1), ("_id", 1)], False, None),
        "email_1": ([("email", 1)], True, {"email": {"$exists": True}}),
        "name_1_born_1": (
            [("name", 1), ("born", 1)],
            True,
            {"name": {"$exists": True}, "born": {"$exists": True}},
        ),
    }
    keys = [("owner", 1), ("at", -1), ("_micros.at", -1), ("_id", 1)]
    assert [index["key"] for index in indexes("things").values()] == [keys]
    (events,) = indexes("events").values()
    assert (events["key"], events["unique"]) == ([("stream", 1), ("version", 1)], True)
    (writers,) = indexes("writers").values()
    assert writers["expireAfterSeconds"] == 24 * 60 * 60


async def test_events_outbox_inbox_and_timers(
    store: MongoStore, database: Database[dict[str, Any]]
) -> None:
    sent = Outgoing.of("t", replace(envelope("7"), data={"price": 12, "lines": [{"sku": "a"}]}))
    await store.commit(
        Commit(
            appends=(Append(stream="order/7", expected=0, events=(sent,)),),
            outbox=(sent,),
            inbox=(Received("m", "done"),),
            set_timers=(Timer(id="t", due=NOW, handler="h", data="d"),),
        )
    )
    event = database.events.find_one({"event.data.lines.sku": "a", "event.source": "/test/unit"})
    assert event is not None
    assert (event["stream"], event["version"], event["type"]) == ("order/7", 1, sent.type)
    assert event["event"]["data"] == {"price": 12, "lines": [{"sku": "a"}]}
    assert database.outbox.find_one() == {
        "_id": 1,
        "topic": "t",
        "subject": "7",
        "id": sent.id,
        "type": sent.type,
        "data": sent.data,
    }
    assert database.inbox.find_one() == {"_id": "m", "result": "done", "generation": 1}
    due = NOW.astimezone(UTC).replace(tzinfo=None)
    assert database.timers.find_one() == {"_id": "t", "due": due, "handler": "h", "data": "d"}


BY_OWNER = "owner_1_at_-1__micros.at_-1__id_1"


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            Query(
                collection="things",
                where=(equal("owner", "o7"),),
                sort=(Sort("at", descending=True),),
                limit=20,
            ),
            BY_OWNER,
        ),
        (Query(collection="things", sort=(Sort("owner"), Sort("at", True)), limit=20), BY_OWNER),
        (
            Query(
                collection="things",
                where=(Condition("owner", Operator.PREFIX, "o777"),),
                limit=20,
            ),
            BY_OWNER,
        ),
        (
            Query(
                collection="things",
                where=(Condition("owner", Operator.IN, ("o7", "o8")),),
                limit=20,
            ),
            BY_OWNER,
        ),
    ],
)
async def test_an_index_serves_the_query_it_was_made_for(
    store: MongoStore, database: Database[dict[str, Any]], query: Query, index: str
) -> None:
    """The test server plans neither ranges of ids nor pages with an index, as MongoDB does."""
    fill = [{"_id": str(n), "_version": Int64(1), "owner": f"o{n % 1000}"} for n in range(5000)]
    database.things.insert_many(fill)
    documents = Documents(THINGS)
    cursor = database.things.find(where(documents, query), limit=query.limit)
    plan = str(cursor.sort(order(documents, query.sort)).explain()["queryPlanner"]["winningPlan"])
    assert index in plan, plan
    assert "COLLSCAN" not in plan, plan


async def test_a_field_that_an_older_version_does_not_know_is_kept(
    mongodb_url: str, unit: str, database: Database[dict[str, Any]]
) -> None:
    def moving(*fields: Field) -> Collection:
        return Collection(name="moving", fields=(Field("a", Kind.TEXT), *fields))

    old, new = open_mongodb(mongodb_url, unit), open_mongodb(mongodb_url, unit)
    await old.prepare((moving(),))
    await old.commit(Commit(puts=(in_collection("moving", "1", 1, a="x"),)))
    await new.prepare((moving(Field("c", Kind.INTEGER, optional=True, default="5")),))
    found = database.moving.find_one()
    assert found is not None
    assert found["c"] == 5
    await new.commit(Commit(puts=(in_collection("moving", "1", 2, a="x", c=6),)))
    await old.commit(Commit(puts=(in_collection("moving", "1", 3, a="y"),)))
    assert content(await new.get("moving", "1")) == {"a": "y", "c": 6}
    await new.commit(Commit(puts=(in_collection("moving", "1", 4, a="y", c=None),)))
    again = open_mongodb(mongodb_url, unit)
    await again.prepare((moving(Field("c", Kind.INTEGER, optional=True, default="5")),))
    assert content(await again.get("moving", "1")) == {"a": "y"}
    for store in (old, new, again):
        await store.close()


@pytest.mark.parametrize("name", ["outbox", "system.views", "a$b", ""])
async def test_names_that_no_collection_can_have(store: MongoStore, name: str) -> None:
    with pytest.raises(ValueError, match=r"name|a\$b"):
        await store.prepare((replace(THINGS, name=name),))


@pytest.mark.parametrize("key", ["_id", "_version", "_micros", "a.b", "$a", ""])
async def test_names_that_no_field_can_have(store: MongoStore, key: str) -> None:
    with pytest.raises(ValueError, match="not a valid name of a field"):
        await store.prepare((Collection(name="new", fields=(Field(key, Kind.TEXT),)),))


@pytest.mark.parametrize("name", ["select", "drop", "find", "user"])
async def test_collections_may_have_any_other_name(store: MongoStore, name: str) -> None:
    key = Field(name, Kind.TEXT)
    await store.prepare((Collection(name=name, id=name, fields=(key, Field("x", Kind.JSON))),))
    for version in (1, 2):
        put_ = in_collection(name, "1", version, **{name: "1", "x": version})
        await store.commit(Commit(puts=(put_,)))
    assert content(await store.get(name, "1")) == {name: "1", "x": 2}
    await store.commit(Commit(deletes=(Delete(collection=name, id="1", expected=2),)))
    assert await store.count(Query(collection=name, limit=9)) == 0


async def test_what_is_prepared_is_not_prepared_again(
    store: MongoStore, mongodb_url: str, unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role that may only read and write is enough then."""
    another = open_mongodb(mongodb_url, unit)
    for name in ("create_indexes", "insert_one", "update_one", "update_many"):
        monkeypatch.setattr(f"pymongo.asynchronous.collection.AsyncCollection.{name}", None)
    monkeypatch.setattr("pymongo.asynchronous.database.AsyncDatabase.create_collection", None)
    await another.prepare(COLLECTIONS)
    monkeypatch.undo()
    await another.commit(Commit(puts=(put("1"),), outbox=(message(),)))
    await another.close()


async def test_only_the_positions_that_were_published_leave_the_outbox(store: MongoStore) -> None:
    await store.commit(Commit(outbox=tuple(message() for _ in range(9))))
    await store.published((7, 1, 2, 3, 5, 99))
    assert [each.position for each in await store.pending(limit=9)] == [4, 6, 8, 9]


def content_of(put: Put) -> dict[str, Any]:
    """Return the values of what is written."""
    return content(Stored("", 1, put.data))
