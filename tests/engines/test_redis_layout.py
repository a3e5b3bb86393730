"""The keys of a unit, as somebody sees them who knows Redis and nothing of the chassis."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chassis.envelope import Outgoing
from chassis.errors import Duplicate
from chassis.store.port import (
    AccessPattern,
    Append,
    Collection,
    Commit,
    Condition,
    Delete,
    Field,
    Kind,
    Operator,
    Query,
    Sort,
    Timer,
    equal,
)
from chassis.store.redis import library, schema
from chassis.store.redis.store import RedisStore, open_redis
from redis.crc import key_slot

from tests.chassis.contracts.store_contract import (
    COLLECTIONS,
    NOW,
    PEOPLE,
    THINGS,
    envelope,
    in_collection,
    message,
    person,
    put,
    received,
)
from tests.servers.redis import RedisServer

ID = "00000000-0000-0000-0000-000000000007"


@pytest.fixture
def unit() -> str:
    return f"unit {uuid4()}"


@pytest.fixture
async def store(redis_server: RedisServer, unit: str) -> AsyncIterator[RedisStore]:
    store = open_redis(redis_server.url, unit)
    await store.prepare(COLLECTIONS)
    yield store
    await store.close()


class Cli:
    """What `redis-cli` says of the keys of a unit."""

    def __init__(self, server: RedisServer, unit: str) -> None:
        self._server = server
        self.prefix = f"{{{unit}}}:"

    def __call__(self, command: str, key: str, *words: str) -> list[str]:
        """Run a command on a key of the unit, and return the lines of its answer."""
        return self._server.cli(command, f"{self.prefix}{key}", *words).splitlines()

    def pairs(self, command: str, key: str, *words: str) -> dict[str, str]:
        lines = self(command, key, *words)
        return dict(zip(lines[::2], lines[1::2], strict=True))

    def keys(self) -> dict[str, str]:
        """Return the types of all keys."""
        found = self._server.cli("--scan", "--pattern", f"{self.prefix}*").splitlines()
        keys = [key.removeprefix(self.prefix) for key in found]
        return {key: self("TYPE", key)[0] for key in sorted(keys)}


@pytest.fixture
def cli(redis_server: RedisServer, unit: str) -> Cli:
    return Cli(redis_server, unit)


async def test_the_keys_of_a_unit(store: RedisStore, cli: Cli) -> None:
    sent = Outgoing.of("orders", envelope("7"))
    await store.commit(
        Commit(
            puts=(person(7, email="a@b.c"), put("1", owner="o")),
            appends=(Append(stream="Order:7", expected=0, events=(sent,)),),
            outbox=(sent,),
            inbox=received("m"),
            set_timers=(Timer(id="t", due=NOW, handler="h", data="d"),),
        )
    )
    keys = {key: type for key, type in cli.keys().items() if not key.startswith("writer:")}
    assert keys == {
        "collection:people": "string",
        "collection:things": "string",
        f"doc:people:{ID}": "hash",
        "doc:things:1": "hash",
        "events:Order:7": "stream",
        "ids:people": "zset",
        "ids:things": "zset",
        "inbox:1": "hash",
        "index:people:name,-balance": "zset",
        "index:things:owner,-at": "zset",
        "outbox": "stream",
        "store": "hash",
        "streams": "zset",
        "timers": "zset",
        "timers:data": "hash",
        "unique:people:email": "hash",
        "unique:people:name,born": "hash",
    }
    slots = {key_slot(f"{cli.prefix}{key}".encode()) for key in keys}
    assert len(slots) == 1


async def test_documents_are_hashes_that_a_human_reads(store: RedisStore, cli: Cli) -> None:
    written = person(
        7,
        name="ü",
        balance="1.50",
        seen="2030-01-01T01:00:00+01:00",
        address={"city": "Ulm"},
        version=5,
        friend=ID,
    )
    await store.commit(Commit(puts=(written,)))
    assert cli.pairs("HGETALL", f"doc:people:{ID}") == {
        "version": "1",
        "person_id": ID,
        "version_": "5",
        "name": "ü",
        "number": "7",
        "weight": "0.1",
        "balance": "1.50",
        "seen": "2030-01-01T00:00:00.000000Z",
        "born": "2000-02-29",
        "friend": ID,
        "color": "red",
        "address": '{"city":"Ulm"}',
    }
    await store.commit(Commit(puts=(person(7, 2),)))
    assert "friend" not in cli.pairs("HGETALL", f"doc:people:{ID}")


async def test_streams_hold_events_and_messages(store: RedisStore, cli: Cli) -> None:
    sent = [Outgoing.of("orders", replace(envelope("7"), data={"x": n})) for n in (1, 2)]
    append = Append(stream="Order:7", expected=0, events=tuple(sent))
    await store.commit(Commit(appends=(append,), outbox=tuple(sent)))
    position, *fields = cli("XRANGE", "events:Order:7", "2", "+")
    assert position == "2-0"
    assert fields[:5] == ["id", sent[1].id, "type", "test.Happened.v1", "data"]
    assert json.loads(fields[5])["data"] == {"x": 2}
    position, *fields = cli("XRANGE", "outbox", "-", "+", "COUNT", "1")
    assert position == "1-0"
    assert fields[:4] == ["topic", "orders", "subject", "7"]
    await store.published((1,))
    assert cli("XLEN", "outbox") == ["1"]
    assert cli("ZRANGE", "streams", "0", "-1") == ["Order:7"]


async def test_timers_and_the_inbox(store: RedisStore, cli: Cli) -> None:
    due = NOW.replace(microsecond=1)
    set_ = Timer(id="t", due=due, handler="h", data="d")
    await store.commit(Commit(inbox=received("m", result="r"), set_timers=(set_,)))
    assert cli.pairs("HGETALL", "inbox:1") == {"m": '"r"'}
    assert cli.pairs("ZRANGE", "timers", "0", "-1", "WITHSCORES") == {"t": "1893499200000001"}
    (data,) = cli("HGET", "timers:data", "t")
    assert json.loads(data) == {"due": due.isoformat(), "handler": "h", "data": "d"}
    await store.forget(0)
    assert cli("EXISTS", "inbox:1") == ["0"]
    assert cli.pairs("HGETALL", "store") | {"id": ""} == {
        "id": "",
        "format": "1",
        "generation": "2",
        "oldest": "2",
        "position": "0",
        "pings": "0",
    }


async def test_nothing_is_left_of_a_document(store: RedisStore, cli: Cli) -> None:
    before = cli.keys()
    await store.commit(Commit(puts=(person(7, email="a"), person(8, email="b"))))
    await store.commit(Commit(puts=(person(7, 2, email="c", balance="9"),)))
    assert cli("ZCARD", "index:people:name,-balance") == ["2"]
    assert cli("HLEN", "unique:people:email") == ["2"]
    gone = [(ID, 2), (ID.replace("7", "8"), 1)]
    deletes = tuple(Delete(collection="people", id=id, expected=at) for id, at in gone)
    await store.commit(Commit(deletes=deletes))
    after = cli.keys()
    assert {key for key in after if not key.startswith("writer:")} == before.keys()


async def test_an_index_serves_the_query_it_was_made_for(
    store: RedisStore, redis_server: RedisServer
) -> None:
    for part in range(10):
        numbers = range(part * 200, part * 200 + 200)
        await store.commit(Commit(puts=tuple(put(str(n), owner=f"o{n % 100}") for n in numbers)))

    def reads() -> dict[str, int]:
        lines = redis_server.cli("INFO", "commandstats").splitlines()
        found = (line.partition("cmdstat_")[2].partition(":calls=") for line in lines)
        return {name: int(rest.partition(",")[0]) for name, _, rest in found if rest}

    at = Sort("at", descending=True)
    for query in (
        Query(collection="things", where=(equal("owner", "o7"),), sort=(at,), limit=10),
        Query(collection="things", sort=(Sort("owner"), at), limit=10),
        Query(collection="things", sort=(Sort("owner"), at), after=("o7", None, "5"), limit=10),
        Query(collection="things", limit=10),
        Query(collection="things", after=("7",), limit=10),
    ):
        before = reads()
        assert len(await store.find(query)) == 10
        after = reads()
        assert after["hgetall"] - before["hgetall"] == 10
        assert after.get("hmget", 0) == before.get("hmget", 0)
        assert await store.count(query) == 10
        assert reads()["hgetall"] == after["hgetall"]
    before = reads()
    prefix = (Condition("owner", Operator.PREFIX, "o77"),)
    assert len(await store.find(Query(collection="things", where=prefix, limit=99))) == 20
    assert reads().get("hmget", 0) == before.get("hmget", 0)


async def test_indexes_of_a_new_release_have_old_documents(
    store: RedisStore, redis_server: RedisServer, unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And those that an old release goes on to write, with the defaults of new fields."""
    monkeypatch.setattr(schema, "_FILL", 3)
    await store.commit(Commit(puts=tuple(put(str(n), n=10 - n) for n in range(9))))
    fields = (*THINGS.fields, Field("size", Kind.TEXT, optional=True, default='"M"'))
    patterns = (*THINGS.patterns, AccessPattern(by=("size",), sort=(Sort("n"),)))
    release = replace(THINGS, fields=fields, patterns=patterns)
    new = open_redis(redis_server.url, unit)
    await new.prepare((release,))
    await store.commit(Commit(puts=(put("0", 2, n=0), put("9", n=-1))))
    await new.commit(Commit(puts=(put("1", 2, n=9, size="L"), put("2", 2, n=8, size=None))))
    await store.commit(Commit(puts=(put("1", 3, n=7, owner="o"),)))
    query = Query(collection="things", where=(equal("size", "M"),), sort=(Sort("n"),), limit=99)
    assert [each.id for each in await new.find(query)] == ["9", "0", "8", "7", "6", "5", "4", "3"]
    large = await new.get("things", "1")
    assert large is not None
    assert {"size": "L", "n": 7, "owner": "o"}.items() <= json.loads(large.data).items()
    null = await new.find(replace(query, where=(equal("size", None),)))
    assert [each.id for each in null] == ["2"]
    await new.close()


async def test_fields_that_become_unique(
    store: RedisStore, redis_server: RedisServer, unit: str
) -> None:
    await store.commit(Commit(puts=(put("1", owner="a"), put("2", owner="a"), put("3"))))
    new = open_redis(redis_server.url, unit)
    unique = replace(THINGS, unique=(("owner",),))
    with pytest.raises(ValueError, match="documents have the same values in owner"):
        await new.prepare((unique,))
    await store.commit(Commit(puts=(put("2", 2, owner="b"),)))
    await new.prepare((unique,))
    with pytest.raises(Duplicate):
        await new.commit(Commit(puts=(put("3", 2, owner="b"),)))
    with pytest.raises(Duplicate):
        await store.commit(Commit(puts=(put("3", 2, owner="b"),)))
    await new.close()


async def test_a_field_of_another_kind_is_refused(
    store: RedisStore, redis_server: RedisServer, unit: str
) -> None:
    new = open_redis(redis_server.url, unit)
    with pytest.raises(ValueError, match="the field n was integer and is text"):
        await new.prepare((replace(THINGS, fields=(Field("n", Kind.TEXT),), patterns=()),))
    await new.close()


@pytest.mark.parametrize("name", ["", "a{b", "a}b"])
def test_a_unit_whose_keys_would_not_be_in_one_slot(name: str) -> None:
    with pytest.raises(ValueError, match="not a valid name"):
        open_redis("redis://localhost", name)


async def test_releases_run_side_by_side(
    store: RedisStore,
    redis_server: RedisServer,
    unit: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each calls the functions of its own."""
    changed = library.Library
    original = library.library()
    monkeypatch.setattr(
        "chassis.store.redis.client.library",
        lambda: changed(original.source.replace(original.version, "next"), "next"),
    )
    another = open_redis(redis_server.url, unit)
    await another.prepare(COLLECTIONS)
    await store.commit(Commit(puts=(put("1"),), outbox=(message(),)))
    await another.commit(Commit(puts=(put("1", 2),), outbox=(message(),)))
    await store.commit(Commit(puts=(put("1", 3),)))
    assert [each.position for each in await another.pending(limit=9)] == [1, 2]
    names = redis_server.cli("FUNCTION", "LIST")
    assert f"chassis_{original.version}" in names
    assert "chassis_next" in names
    await another.close()


async def test_a_collection_may_have_the_name_of_anything(
    redis_server: RedisServer, unit: str
) -> None:
    store = open_redis(redis_server.url, unit)
    names = ("outbox", "store", "*", "doc")
    fields: tuple[Any, ...] = (Field("id", Kind.TEXT),)
    patterns = (AccessPattern(sort=(Sort("id"),)),)
    await store.prepare(
        tuple(Collection(name=name, fields=fields, patterns=patterns) for name in names)
    )
    puts = tuple(in_collection(name, "1", 1, id=name) for name in names)
    await store.commit(Commit(puts=puts, outbox=(message(),)))
    for name in names:
        (found,) = await store.find(Query(collection=name, sort=(Sort("id"),), limit=9))
        assert json.loads(found.data) == {"id": name}
    assert PEOPLE.name not in names
    await store.close()
