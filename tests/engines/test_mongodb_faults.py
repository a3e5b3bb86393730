"""A MongoDB store whose server, connections or database fail."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bson import Int64
from chassis.errors import AlreadyHandled, StoreLost, Unavailable
from chassis.store.factory import open_store
from chassis.store.mongodb.client import Limits
from chassis.store.mongodb.commit import Writes
from chassis.store.mongodb.errors import translated
from chassis.store.mongodb.store import MongoStore, open_mongodb
from chassis.store.port import Commit, Query, Store
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect, OperationFailure

from tests.chassis.contracts.killed_processes import check
from tests.chassis.contracts.store_contract import COLLECTIONS, message, person, put, received
from tests.chassis.contracts.writing_process import commit
from tests.servers.mongodb import MongoServer
from tests.servers.proxy import Proxy
from tests.waiting import PATIENCE, until

IMPATIENT = Limits(connections=3, wait=1.0, patience=2.0)
WRITERS = 8


@pytest.fixture
def unit() -> str:
    return f"unit-{uuid4()}"


@pytest.fixture
async def store(mongodb_server: MongoServer, unit: str) -> AsyncIterator[Store]:
    store = open_mongodb(mongodb_server.url, unit, IMPATIENT)
    await store.prepare(COLLECTIONS)
    yield store
    await store.close()


@pytest.fixture
async def patient_store(mongodb_server: MongoServer, unit: str) -> AsyncIterator[Store]:
    store = open_mongodb(mongodb_server.url, unit, Limits(patience=PATIENCE))
    await store.prepare(COLLECTIONS)
    yield store
    await store.close()


@pytest.fixture
async def database(
    mongodb_server: MongoServer, unit: str
) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """The database, as another program uses it."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongodb_server.url)
    yield client[unit]
    await client.close()


@pytest.fixture
async def proxy(mongodb_server: MongoServer) -> AsyncIterator[Proxy]:
    proxy = Proxy(mongodb_server.port)
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
async def behind(proxy: Proxy, mongodb_server: MongoServer, unit: str) -> AsyncIterator[Store]:
    """A store behind the proxy."""
    url = mongodb_server.url.replace(str(mongodb_server.port), str(proxy.port))
    store = open_mongodb(url, unit, IMPATIENT)
    await store.prepare(COLLECTIONS)
    yield store
    proxy.mend()
    await store.close()


async def test_processes_of_which_one_is_killed(
    mongodb_server: MongoServer, unit: str, tmp_path: Path
) -> None:
    await check(tmp_path, unit, mongodb_server.url, commits=1000)


async def test_a_server_that_is_killed_and_started_again_loses_nothing(
    store: Store, mongodb_server: MongoServer
) -> None:
    done: set[str] = set()

    async def write(writer: int) -> None:
        for number in range(100):
            id = f"{writer}/{number}"
            while id not in done:
                try:
                    await store.commit(commit(id))
                except AlreadyHandled:
                    pass  # it was written, but the connection broke before the answer
                except Unavailable:
                    await asyncio.sleep(0.05)
                    continue
                done.add(id)

    async def kill() -> None:
        for part in (1, 2):
            await until(lambda part=part: len(done) >= part * 200)  # type: ignore[misc]
            await asyncio.to_thread(mongodb_server.kill)
            await asyncio.to_thread(mongodb_server.start)

    await asyncio.gather(kill(), *(write(writer) for writer in range(WRITERS)))
    found = {each.id for each in await store.find(Query(collection="things", limit=1 << 30))}
    assert found == done
    assert {each.message.subject for each in await store.pending(limit=1 << 30)} == done
    assert await store.outbox_size() == len(done)
    assert set(await store.streams("", limit=1 << 30)) == done


@pytest.mark.parametrize("is_committed", [False, True])
@pytest.mark.parametrize("is_restarted", [False, True])
async def test_a_commit_of_which_the_answer_is_lost(
    mongodb_server: MongoServer,
    unit: str,
    monkeypatch: pytest.MonkeyPatch,
    is_committed: bool,
    is_restarted: bool,
) -> None:
    """It is written once, although nothing but its mark could tell."""
    store = open_mongodb(mongodb_server.url, unit)
    await store.prepare(COLLECTIONS)
    original = AsyncClientSession.commit_transaction
    lost = 0

    async def losing(session: AsyncClientSession) -> None:
        nonlocal lost
        if not lost:
            lost += 1
            if is_committed:
                await original(session)
            if is_restarted:
                await asyncio.to_thread(mongodb_server.kill)
                await asyncio.to_thread(mongodb_server.start)
            error = AutoReconnect("lost")
            error._add_error_label("UnknownTransactionCommitResult")
            raise error
        await original(session)

    monkeypatch.setattr(AsyncClientSession, "commit_transaction", losing)
    await store.commit(Commit(outbox=(message(),)))
    assert lost
    assert await store.outbox_size() == 1
    await store.close()


async def test_nobody_notices_that_idle_connections_were_broken(
    behind: Store, proxy: Proxy
) -> None:
    await asyncio.gather(*(behind.get("things", "1") for _ in range(9)))
    await behind.commit(Commit(puts=(put("1"),)))
    for version in range(2, 5):
        proxy.break_all()
        assert await behind.get("things", "1") is not None
        proxy.break_all()
        await behind.commit(Commit(puts=(put("1", version),)))
    found = await behind.get("things", "1")
    assert found is not None
    assert found.version == 4


@pytest.mark.parametrize("fault", [Proxy.cut, Proxy.hang])
async def test_a_network_that_is_cut_is_unavailable_soon(
    behind: Store, proxy: Proxy, fault: Callable[[Proxy], None]
) -> None:
    await behind.commit(Commit(puts=(put("1"),)))
    fault(proxy)
    async with asyncio.timeout(30):
        for work in (behind.get("things", "1"), behind.commit(Commit(puts=(put("2"),)))):
            with pytest.raises(Unavailable):
                await work
        with pytest.raises(Unavailable):
            await behind.ping()
    proxy.mend()
    await _until_it_works(behind)
    await _until(lambda: behind.commit(Commit(puts=(put("3"),))))


async def test_a_server_that_is_stopped_for_a_while(
    store: Store, mongodb_server: MongoServer
) -> None:
    mongodb_server.signal(signal.SIGSTOP)
    try:
        async with asyncio.timeout(30):
            with pytest.raises(Unavailable):
                await store.commit(Commit(puts=(put("1"),)))
    finally:
        mongodb_server.signal(signal.SIGCONT)
    await _until_it_works(store)
    await _until(lambda: store.commit(Commit(puts=(put("2"),))))


async def test_reads_that_wait_for_a_connection(store: Store) -> None:
    await store.commit(Commit(puts=tuple(put(str(n), n=n) for n in range(100))))
    found = await asyncio.gather(*(store.get("things", str(n)) for n in range(100)))
    assert all(found)


async def test_a_transaction_of_another_program_is_waited_for(
    store: Store, database: AsyncDatabase[dict[str, Any]]
) -> None:
    await store.commit(Commit(puts=(put("a"),)))
    async with database.client.start_session() as session:
        await session.start_transaction()
        change = {"$set": {"n": Int64(1), "_version": Int64(2)}}
        await database.things.update_one({"_id": "a"}, change, session=session)
        with pytest.raises(Unavailable):
            await store.commit(Commit(puts=(put("a", 2),), outbox=(message(),)))
        writing = asyncio.create_task(store.commit(Commit(puts=(put("a", 2),))))
        await asyncio.sleep(0.1)
        await session.abort_transaction()
        await writing
    found = await store.get("things", "a")
    assert found is not None
    assert found.version == 2
    assert await store.outbox_size() == 0


async def test_a_transaction_that_nobody_goes_on_with_is_ended(
    mongodb_server: MongoServer, unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of a process that was killed. One that is alive repeats it."""
    stopped, alive = (open_mongodb(mongodb_server.url, unit) for _ in range(2))
    for store in (stopped, alive):
        await store.prepare(COLLECTIONS)
        await store.commit(Commit(outbox=(message(),)))
    original, within, goes_on = Writes.write, asyncio.Event(), asyncio.Event()

    async def stopping(writes: Writes, *arguments: Any) -> None:
        await original(writes, *arguments)
        if not within.is_set():
            within.set()
            await goes_on.wait()

    monkeypatch.setattr(Writes, "write", stopping)
    waiting = asyncio.create_task(stopped.commit(Commit(outbox=(message(),))))
    await within.wait()
    await alive.commit(Commit(outbox=(message(),)))
    assert await alive.outbox_size() == 3
    goes_on.set()
    await waiting
    assert await alive.outbox_size() == 4
    for store in (stopped, alive):
        await store.close()


async def test_a_database_that_was_removed_or_replaced(
    store: Store, mongodb_server: MongoServer, unit: str, database: AsyncDatabase[dict[str, Any]]
) -> None:
    await store.verify()
    await database.client.drop_database(unit)
    writes = (store.commit(Commit(puts=(put("1"),))), store.commit(Commit(outbox=(message(),))))
    for work in (store.verify(), *writes, store.ping(), store.forget(1)):
        with pytest.raises(StoreLost):
            await work
    another = open_mongodb(mongodb_server.url, unit)
    await another.prepare(COLLECTIONS)
    await another.verify()
    for work in (store.verify(), store.commit(Commit(puts=(put("1"),)))):
        with pytest.raises(StoreLost, match="replaced"):
            await work
    await another.close()


async def test_a_server_without_transactions_is_unavailable(
    mongodb_server: MongoServer, unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hello(*_: object) -> dict[str, Any]:
        return {"isWritablePrimary": True}

    monkeypatch.setattr(AsyncDatabase, "command", hello)
    store = open_mongodb(mongodb_server.url, unit)
    with pytest.raises(Unavailable, match="replica set"):
        await store.prepare(COLLECTIONS)
    await store.close()


@pytest.mark.parametrize("code", [18, 13, 91, 11600, 14031, 262])
def test_a_server_that_cannot_serve_is_unavailable(code: int) -> None:
    error = translated(OperationFailure("no", code, {"errmsg": "no"}), "store")
    assert isinstance(error, Unavailable)


def test_a_mistake_of_the_adapter_is_not_unavailable() -> None:
    error = OperationFailure("unknown operator", 9)
    assert translated(error, "store") is error


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": "heavy"},
        {"number": 2**63},
        {"number": True},
        {"number": 1.5},
        {"balance": "NaN"},
        {"balance": "much"},
        {"friend": "nobody"},
        {"born": "once"},
        {"color": "green"},
        {"name": None},
        {"seen": "someday"},
        {"seen": "2030-01-01T00:00:00"},
        {"seen": "0001-01-01T00:00:00+01:00"},
        {"name": "\ud800"},
        {"address": {"\ud800": 1}},
        {"address": ["x" * (1 << 24)]},
    ],
)
async def test_a_value_that_a_field_cannot_have(
    patient_store: Store, wrong: dict[str, object]
) -> None:
    """Commits that share the transaction are written."""
    store = patient_store
    commits = [store.commit(Commit(puts=(put(str(n)),))) for n in range(9)]
    refused = store.commit(Commit(puts=(person(1, **wrong),), outbox=(message(),)))
    results = await asyncio.gather(*commits[:5], refused, *commits[5:], return_exceptions=True)
    assert [type(result) for result in results if result] == [ValueError]
    assert await store.outbox_size() == 0
    assert len(await store.find(Query(collection="things", limit=99))) == 9


async def test_passwords_are_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "s3cr3t"
    store = open_mongodb(f"mongodb://somebody:{secret}@127.0.0.1:1/", "unit", IMPATIENT)
    with pytest.raises(Unavailable) as raised:
        await store.prepare(COLLECTIONS)
    assert secret not in f"{raised.value!r} {raised.value.__cause__!r} {store!r}"
    await store.close()
    for url in (
        f"mongodb://:{secret}@[/x",
        f"mongodb://u:{secret}@h:port/",
        f"mongodb://{secret}@",
    ):
        with pytest.raises(ValueError, match="valid") as refused:
            open_store(Path(), "unit", url)
        assert secret not in f"{refused.value!r} {refused.value.__cause__!r}"
    assert secret not in caplog.text


@pytest.mark.parametrize("unit_name", ["", "a b", "a.b", "x" * 64, "$x"])
def test_names_that_no_database_can_have(unit_name: str) -> None:
    with pytest.raises(ValueError, match="not a valid name of a database"):
        open_mongodb("mongodb://127.0.0.1:1", unit_name)


async def test_a_url_of_a_seed_list_is_looked_up_later() -> None:
    store = open_store(Path(), "unit", "mongodb+srv://u:p@cluster.invalid/shop?retryWrites=true")
    assert isinstance(store, MongoStore)
    with pytest.raises(Unavailable, match=r"cluster\.invalid, database shop_unit"):
        await store.prepare(COLLECTIONS)
    await store.close()


async def test_a_cancelled_waiter_disturbs_nobody(store: Store) -> None:
    tasks = [asyncio.create_task(store.commit(Commit(puts=(put(str(n)),)))) for n in range(9)]
    reads = [asyncio.create_task(store.get("things", "1")) for _ in range(9)]
    await asyncio.sleep(0)
    for task in (tasks[4], *reads[::2]):
        task.cancel()
    await asyncio.gather(*tasks, *reads, return_exceptions=True)
    await store.commit(Commit(puts=(put("last"),)))
    assert await store.get("things", "last") is not None


async def test_a_store_that_is_closed(store: Store) -> None:
    waiting = asyncio.create_task(store.published((1,)))
    first = asyncio.create_task(store.commit(Commit(inbox=received("m"))))
    await asyncio.sleep(0)
    await asyncio.gather(store.close(), first, waiting)
    with pytest.raises(Unavailable, match="closed"):
        await store.commit(Commit(puts=(put("1"),)))
    with pytest.raises(Unavailable, match="closed"):
        await store.get("things", "1")


async def _until_it_works(store: Store) -> None:
    await _until(lambda: store.prepare(COLLECTIONS))
    await _until(store.ping)


async def _until(work: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await work()
            except Unavailable:
                await asyncio.sleep(0.05)
