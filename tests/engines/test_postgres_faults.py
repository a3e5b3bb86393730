"""A PostgreSQL store whose server, connections or schema fail."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from chassis.errors import AlreadyHandled, StoreLost, Unavailable
from chassis.store.factory import open_store
from chassis.store.port import Commit, Query, Store
from chassis.store.postgresql.errors import translated
from chassis.store.postgresql.pool import Limits
from chassis.store.postgresql.store import open_postgresql

from tests.chassis.contracts.killed_processes import check
from tests.chassis.contracts.store_contract import COLLECTIONS, message, person, put, received
from tests.chassis.contracts.writing_process import commit
from tests.servers.postgres import PostgresServer
from tests.servers.proxy import Proxy
from tests.waiting import PATIENCE, until

IMPATIENT = Limits(readers=2, wait=1.0, patience=2.0)
WRITERS = 8


@pytest.fixture
def schema() -> str:
    return f"unit {uuid4()}"


@pytest.fixture
async def store(postgres_server: PostgresServer, schema: str) -> AsyncIterator[Store]:
    store = open_postgresql(postgres_server.url, schema, IMPATIENT)
    await store.prepare(COLLECTIONS)
    yield store
    await store.close()


@pytest.fixture
async def proxy(postgres_server: PostgresServer) -> AsyncIterator[Proxy]:
    proxy = Proxy(postgres_server.port)
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
async def behind(
    proxy: Proxy, postgres_server: PostgresServer, schema: str
) -> AsyncIterator[Store]:
    """A store behind the proxy."""
    url = postgres_server.url.replace(str(postgres_server.port), str(proxy.port))
    store = open_postgresql(url, schema, IMPATIENT)
    await store.prepare(COLLECTIONS)
    yield store
    proxy.mend()
    await store.close()


async def test_processes_of_which_one_is_killed(
    postgres_server: PostgresServer, schema: str, tmp_path: Path
) -> None:
    await check(tmp_path, schema, postgres_server.url, commits=1000)


async def test_a_server_that_is_killed_and_started_again_loses_nothing(
    store: Store, postgres_server: PostgresServer
) -> None:
    done: set[str] = set()
    failures = 0

    async def write(writer: int) -> None:
        nonlocal failures
        for number in range(150):
            id = f"{writer}/{number}"
            while id not in done:
                try:
                    await store.commit(commit(id))
                except AlreadyHandled:
                    pass  # it was written, but the connection broke before the answer
                except Unavailable:
                    failures += 1
                    await asyncio.sleep(0.05)
                    continue
                done.add(id)

    async def kill() -> None:
        for part in (1, 2):
            await until(lambda part=part: len(done) >= part * 300)  # type: ignore[misc]
            await asyncio.to_thread(postgres_server.kill)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(postgres_server.start)

    await asyncio.gather(kill(), *(write(writer) for writer in range(WRITERS)))
    assert failures
    found = {each.id for each in await store.find(Query(collection="things", limit=1 << 30))}
    assert found == done
    assert {each.message.subject for each in await store.pending(limit=1 << 30)} == done
    assert await store.outbox_size() == len(done)
    assert (await store.handled(tuple(done))).keys() == done


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
    behind: Store, proxy: Proxy, fault: object
) -> None:
    await behind.commit(Commit(puts=(put("1"),)))
    assert callable(fault)
    fault(proxy)
    async with asyncio.timeout(30):
        for work in (behind.get("things", "1"), behind.commit(Commit(puts=(put("2"),)))):
            with pytest.raises(Unavailable):
                await work
        with pytest.raises(Unavailable):
            await behind.ping()
    proxy.mend()
    await _until_it_works(behind)
    await behind.commit(Commit(puts=(put("3"),)))


async def test_a_server_that_is_stopped_for_a_while(
    store: Store, postgres_server: PostgresServer
) -> None:
    postgres_server.signal(signal.SIGSTOP)
    try:
        async with asyncio.timeout(30):
            with pytest.raises(Unavailable):
                await store.commit(Commit(puts=(put("1"),)))
    finally:
        postgres_server.signal(signal.SIGCONT)
    await _until_it_works(store)
    await store.commit(Commit(puts=(put("2"),)))


async def test_a_server_with_too_many_connections(
    postgres_server: PostgresServer, schema: str
) -> None:
    store = open_postgresql(postgres_server.url, schema, IMPATIENT)
    with _all_connections(postgres_server.url), pytest.raises(Unavailable):
        await store.prepare(COLLECTIONS)
    await _until_it_works(store)
    await store.close()


async def test_reads_that_wait_for_a_connection(store: Store) -> None:
    await store.commit(Commit(puts=tuple(put(str(n), n=n) for n in range(100))))
    found = await asyncio.gather(*(store.get("things", str(n)) for n in range(100)))
    assert all(found)


async def test_a_deadlock_with_another_program_is_repeated(
    store: Store, postgres_server: PostgresServer, schema: str
) -> None:
    await store.commit(Commit(puts=(put("a"), put("b"))))
    lock = f"SELECT 1 FROM \"{schema}\".things WHERE id = '%s' FOR UPDATE"
    connection = await psycopg.AsyncConnection.connect(postgres_server.url)
    async with connection:
        await connection.execute((lock % "b").encode())
        writing = asyncio.create_task(store.commit(Commit(puts=(put("a", 2), put("b", 2)))))
        await asyncio.sleep(0.02)
        with suppress(psycopg.errors.DeadlockDetected):
            await connection.execute((lock % "a").encode())
        await connection.rollback()
    await writing
    found = await store.get_many("things", ("a", "b"))
    assert [each.version for each in found.values()] == [2, 2]


async def test_a_database_that_cannot_be_written_is_unavailable(
    store: Store, postgres_server: PostgresServer, schema: str
) -> None:
    url = f"{postgres_server.url}?options=-c%20default_transaction_read_only%3Don"
    reading = open_postgresql(url, schema)
    await reading.prepare(COLLECTIONS)
    assert await reading.get("things", "1") is None
    with pytest.raises(Unavailable, match="read-only"):
        await reading.ping()
    with pytest.raises(Unavailable, match="read-only"):
        await reading.commit(Commit(puts=(put("1"),)))
    await reading.close()


def test_resources_that_run_out_are_unavailable() -> None:
    for error in (
        psycopg.errors.DiskFull("could not extend file"),
        psycopg.errors.OutOfMemory(),
        psycopg.errors.TooManyConnections(),
    ):
        assert isinstance(translated(error, "store"), Unavailable)


async def test_a_schema_that_was_removed_or_replaced(
    store: Store, postgres_server: PostgresServer, schema: str
) -> None:
    await store.verify()
    with psycopg.connect(postgres_server.url) as connection:
        connection.execute(f'DROP SCHEMA "{schema}" CASCADE'.encode())
    for work in (store.verify(), store.get("things", "1"), store.commit(Commit(puts=(put("1"),)))):
        with pytest.raises(StoreLost):
            await work
    another = open_postgresql(postgres_server.url, schema)
    await another.prepare(COLLECTIONS)
    await another.verify()
    with pytest.raises(StoreLost, match="replaced"):
        await store.verify()
    await another.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": "heavy"},
        {"number": 2**63},
        {"color": "green"},
        {"name": None},
        {"seen": "someday"},
        {"name": "\ud800"},
    ],
)
async def test_a_value_that_a_column_cannot_have(store: Store, wrong: dict[str, object]) -> None:
    """Commits that share the transaction are written."""
    commits = [store.commit(Commit(puts=(put(str(n)),))) for n in range(9)]
    refused = store.commit(Commit(puts=(person(1, **wrong),), outbox=(message(),)))
    results = await asyncio.gather(*commits[:5], refused, *commits[5:], return_exceptions=True)
    assert [type(result) for result in results if result] == [ValueError]
    assert await store.outbox_size() == 0
    assert len(await store.find(Query(collection="things", limit=99))) == 9


async def test_passwords_are_nowhere(
    postgres_server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "s3cr3t"
    for url in (
        f"postgresql://postgres:{secret}@127.0.0.1:1/postgres",
        f"postgresql://nobody:{secret}@127.0.0.1:{postgres_server.port}/postgres",
        f"postgresql://postgres:{secret}@127.0.0.1:{postgres_server.port}/none",
    ):
        store = open_postgresql(url, "unit", IMPATIENT)
        with pytest.raises(Unavailable) as raised:
            await store.prepare(COLLECTIONS)
        assert secret not in f"{raised.value!r} {raised.value.__cause__!r} {store!r}"
        await store.close()
    for url in (f"postgresql://:{secret}@[/x", f"postgresql://u:{secret}@h/d?nonsense=1"):
        with pytest.raises(ValueError, match="valid") as refused:
            open_store(Path(), "unit", url)
        assert secret not in f"{refused.value!r} {refused.value.__cause__!r}"
    assert secret not in caplog.text


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
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await store.prepare(COLLECTIONS)
                await store.ping()
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                return


@contextmanager
def _all_connections(url: str) -> Iterator[None]:
    opened: list[psycopg.Connection[tuple[object, ...]]] = []
    try:
        while True:
            try:
                opened.append(psycopg.connect(url))
            except psycopg.OperationalError:
                break
        yield
    finally:
        for connection in opened:
            connection.close()
