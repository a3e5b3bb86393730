"""A Redis store whose server, connections or data fail."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
from chassis.errors import AlreadyHandled, StoreLost, Unavailable
from chassis.store.factory import open_store
from chassis.store.port import Commit, Query, Store
from chassis.store.redis.address import Limits
from chassis.store.redis.library import library
from chassis.store.redis.store import RedisStore, open_redis

from tests.chassis.contracts.killed_processes import check
from tests.chassis.contracts.store_contract import COLLECTIONS, message, person, put, received
from tests.chassis.contracts.writing_process import commit
from tests.servers.certificate import self_signed
from tests.servers.proxy import Proxy
from tests.servers.redis import RedisServer
from tests.servers.server import free_ports
from tests.waiting import PATIENCE, until

IMPATIENT = Limits(readers=2, wait=1.0, answer=0.5, patience=2.0)
WRITERS = 8


@pytest.fixture
def unit() -> str:
    return f"unit {uuid4()}"


@pytest.fixture
async def store(redis_server: RedisServer, unit: str) -> AsyncIterator[Store]:
    store = open_redis(redis_server.url, unit, IMPATIENT)
    await store.prepare(COLLECTIONS)
    yield store
    await store.close()


@pytest.fixture
async def proxy(redis_server: RedisServer) -> AsyncIterator[Proxy]:
    proxy = Proxy(redis_server.port)
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
async def behind(proxy: Proxy, unit: str) -> AsyncIterator[RedisStore]:
    """A store behind the proxy."""
    store = open_redis(f"redis://:{RedisServer.password}@127.0.0.1:{proxy.port}", unit, IMPATIENT)
    await store.prepare(COLLECTIONS)
    yield store
    proxy.mend()
    await store.close()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of its own, whose settings a test changes."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


async def test_processes_of_which_one_is_killed(
    redis_server: RedisServer, unit: str, tmp_path: Path
) -> None:
    await check(tmp_path, unit, redis_server.url, commits=1000)


async def test_a_server_that_is_killed_and_started_again_loses_nothing(
    store: Store, redis_server: RedisServer
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
                    pass  # it was written, but the patience was over before the answer
                except Unavailable:
                    failures += 1
                    await asyncio.sleep(0.05)
                    continue
                done.add(id)

    async def kill() -> None:
        for part, pause in ((1, 0.5), (2, IMPATIENT.patience + 1)):
            await until(lambda part=part: len(done) >= part * 300)  # type: ignore[misc]
            redis_server.kill()
            await asyncio.sleep(pause)
            redis_server.start()  # not in a thread: the server would end with it

    await asyncio.gather(kill(), *(write(writer) for writer in range(WRITERS)))
    assert failures
    found = {each.id for each in await store.find(Query(collection="things", limit=1 << 30))}
    assert found == done
    assert {each.message.subject for each in await store.pending(limit=1 << 30)} == done
    assert await store.outbox_size() == len(done)
    assert (await store.handled(tuple(done))).keys() == done


async def test_nobody_notices_that_connections_were_broken(behind: Store, proxy: Proxy) -> None:
    await asyncio.gather(*(behind.get("things", "1") for _ in range(9)))
    await behind.commit(Commit(puts=(put("1"),)))
    for version in range(2, 5):
        proxy.break_all()
        assert await behind.get("things", "1") is not None
        proxy.break_all()
        await behind.ping()
        proxy.break_all()
        await behind.commit(Commit(puts=(put("1", version),)))
    found = await behind.get("things", "1")
    assert found is not None
    assert found.version == 4


async def test_a_commit_whose_answer_is_lost_is_written_once(
    behind: Store, proxy: Proxy, store: Store
) -> None:
    """It has no inbox entry, and no version that would conflict."""
    await behind.commit(Commit(outbox=(message(),)))
    for count in range(2, 12):
        proxy.lose_answers()
        writing = asyncio.create_task(behind.commit(Commit(outbox=(message(),))))
        await _until_sent(store, count)
        assert not writing.done()
        proxy.break_all()
        proxy.mend()
        await writing
    assert await store.outbox_size() == 11


async def test_a_refusal_whose_answer_is_lost_is_the_same(
    behind: Store, proxy: Proxy, store: Store
) -> None:
    await behind.commit(Commit(inbox=received("m", result="r"), puts=(put("1"),)))
    proxy.lose_answers()
    handled = behind.commit(Commit(inbox=received("m")))
    sent = behind.commit(Commit(outbox=(message(),)))
    both = asyncio.gather(handled, sent, return_exceptions=True)
    await _until_sent(store, 1)
    proxy.break_all()
    proxy.mend()
    refused, written = await both
    assert isinstance(refused, AlreadyHandled)
    assert refused.results == {"m": "r"}
    assert written is None
    assert await store.outbox_size() == 1


async def test_a_batch_that_arrives_late_is_not_written(
    store: RedisStore, redis_server: RedisServer, unit: str
) -> None:
    """Its writer has given up, and gone on: what it said of it must stay true."""
    redis_server.signal(signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable):
            await store.commit(Commit(outbox=(message(),)))
    finally:
        redis_server.signal(signal.SIGCONT)
    await _until_it_works(store)
    await store.commit(Commit(outbox=(message(),)))
    assert await store.outbox_size() in (1, 2)  # nobody knew, but once at most
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
        key = f"{{{unit}}}:store"
        (writer,) = client.scan_iter(match=f"{{{unit}}}:writer:*", count=1000)
        last = int(str(client.hget(writer, "number")))
        name = writer.rpartition(":")[2]
        late = (str(client.hget(key, "id")), name, str(last - 1), "published", "0")
        with pytest.raises(redis.ResponseError, match="STALE"):
            client.fcall(f"write_{library().version}", 1, key, *late)


@pytest.mark.parametrize("fault", [Proxy.cut, Proxy.hang])
async def test_a_network_that_is_cut_is_unavailable_soon(
    behind: Store, proxy: Proxy, fault: Any
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
    await behind.commit(Commit(puts=(put("3"),)))


async def test_a_slow_network(behind: Store, proxy: Proxy) -> None:
    proxy.delay = 0.1
    await asyncio.gather(*(behind.commit(Commit(puts=(put(str(n)),))) for n in range(50)))
    assert await behind.count(Query(collection="things", limit=100)) == 50


async def test_reads_that_wait_for_a_connection(store: Store) -> None:
    await store.commit(Commit(puts=tuple(put(str(n), n=n) for n in range(100))))
    found = await asyncio.gather(*(store.get("things", str(n)) for n in range(100)))
    assert all(found)


async def test_a_server_with_too_many_connections(own_server: RedisServer, unit: str) -> None:
    own_server.cli("CONFIG", "SET", "maxclients", "10")
    store = open_redis(own_server.url, unit, IMPATIENT)
    with _all_connections(own_server.url), pytest.raises(Unavailable):
        await store.prepare(COLLECTIONS)
    await _until_it_works(store)
    await store.commit(Commit(puts=(put("1"),)))
    await store.close()


async def test_a_server_without_memory_is_unavailable(own_server: RedisServer, unit: str) -> None:
    store = open_redis(own_server.url, unit, IMPATIENT)
    await store.prepare(COLLECTIONS)
    own_server.cli("CONFIG", "SET", "maxmemory", "1")
    for work in (store.commit(Commit(puts=(put("1"),))), store.ping()):
        with pytest.raises(Unavailable, match=r"memory"):
            await work
    assert await store.get("things", "1") is None
    own_server.cli("CONFIG", "SET", "maxmemory", "0")
    await store.commit(Commit(puts=(put("1"),)))
    await store.close()


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        ("appendonly", "no", "set `appendonly yes`"),
        ("appendfsync", "everysec", "set `appendfsync always`"),
        ("maxmemory-policy", "allkeys-lru", "set `maxmemory-policy noeviction`"),
    ],
)
async def test_a_server_that_would_lose_data_is_refused(
    own_server: RedisServer, unit: str, setting: str, value: str, problem: str
) -> None:
    store = open_redis(own_server.url, unit, IMPATIENT)
    await store.prepare(COLLECTIONS)
    own_server.cli("CONFIG", "SET", setting, value)
    for work in (store.ping(), store.prepare(())):
        with pytest.raises(Unavailable, match=problem):
            await work
    relaxed = open_redis(f"{own_server.url}?durability=relaxed", unit, IMPATIENT)
    await relaxed.prepare(COLLECTIONS)
    await relaxed.commit(Commit(puts=(put("1"),)))
    for each in (store, relaxed):
        await each.close()


async def test_a_server_that_does_not_permit_config(own_server: RedisServer, unit: str) -> None:
    own_server.cli("ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "-config")
    url = f"redis://app:pw@127.0.0.1:{own_server.port}"
    store = open_redis(url, unit, IMPATIENT)
    with pytest.raises(Unavailable, match="CONFIG GET appendfsync is not permitted"):
        await store.prepare(COLLECTIONS)
    relaxed = open_redis(f"{url}?durability=relaxed", unit, IMPATIENT)
    await relaxed.prepare(COLLECTIONS)
    for each in (store, relaxed):
        await each.close()


async def test_a_store_that_was_removed_or_replaced(own_server: RedisServer, unit: str) -> None:
    store = open_redis(own_server.url, unit, IMPATIENT)
    await store.prepare(COLLECTIONS)
    await store.verify()
    own_server.cli("FLUSHALL")

    async def all_lost() -> None:
        lost = (
            store.verify(),
            store.get("things", "1"),
            store.find(Query(collection="things", limit=1)),
            store.commit(Commit(puts=(put("1"),))),
            store.ping(),
        )
        for work in lost:
            with pytest.raises(StoreLost, match="removed"):
                await work

    await all_lost()
    another = open_redis(own_server.url, unit, IMPATIENT)
    await another.prepare(COLLECTIONS)
    await another.verify()
    await all_lost()
    assert await another.count(Query(collection="things", limit=9)) == 0
    for each in (store, another):
        await each.close()


async def test_functions_that_were_removed_are_loaded_again(
    own_server: RedisServer, unit: str
) -> None:
    store = open_redis(own_server.url, unit, IMPATIENT)
    await store.prepare(COLLECTIONS)
    own_server.cli("FUNCTION", "FLUSH")
    await store.commit(Commit(puts=(put("1"),)))
    own_server.cli("FUNCTION", "FLUSH")
    assert await store.count(Query(collection="things", limit=9)) == 1
    await store.close()


async def test_a_node_of_a_cluster(tmp_path: Path, unit: str) -> None:
    """All keys of a unit are in one slot, and one node may have all slots."""
    bus = str(free_ports(1)[0])
    server = RedisServer(tmp_path, cluster_enabled="yes", cluster_port=bus)
    server.start()
    server.cli("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
    store = open_redis(server.url, unit)
    await _until_it_works(store)
    await store.commit(commit("1"))
    assert await store.count(Query(collection="things", limit=9)) == 1
    await store.close()
    server.kill()


async def test_tls(tmp_path: Path, unit: str) -> None:
    certificate, key = self_signed(tmp_path)
    (port,) = free_ports(1)
    files = {"tls_cert_file": str(certificate), "tls_key_file": str(key)}
    server = RedisServer(tmp_path, tls_port=str(port), tls_auth_clients="no", **files)
    server.start()
    url = f"rediss://:{server.password}@localhost:{port}"
    untrusted = open_redis(url, unit, IMPATIENT)
    with pytest.raises(Unavailable, match="certificate verify failed"):
        await untrusted.prepare(COLLECTIONS)
    store = open_redis(f"{url}?ssl_ca_certs={certificate}", unit)
    await store.prepare(COLLECTIONS)
    await store.commit(commit("1"))
    assert await store.get("things", "1") is not None
    for each in (untrusted, store):
        await each.close()
    server.kill()


async def test_a_user_with_few_rights(own_server: RedisServer) -> None:
    rules = ["+@all", "-@dangerous", "+info", "+config|get", "+function|load"]
    own_server.cli("ACL", "SETUSER", "app", "on", ">pw", "~{order}:*", *rules)
    store = open_redis(f"redis://app:pw@127.0.0.1:{own_server.port}", "order", IMPATIENT)
    await store.prepare(COLLECTIONS)
    await store.ping()
    await store.commit(commit("1"))
    await store.forget(0)
    assert await store.count(Query(collection="things", limit=9)) == 1
    await store.close()
    other = open_redis(f"redis://app:pw@127.0.0.1:{own_server.port}", "other", IMPATIENT)
    with pytest.raises(Unavailable, match="permission"):
        await other.prepare(COLLECTIONS)
    await other.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": "heavy"},
        {"number": 2**63},
        {"color": "green"},
        {"name": None},
        {"seen": "someday"},
        {"name": "\ud800"},
        {"address": {"x": "\ud800"}},
        {"balance": "NaN"},
        {"born": "2000-02-30"},
        {"unknown": 1},
    ],
)
async def test_a_value_that_a_field_cannot_have(store: Store, wrong: dict[str, object]) -> None:
    """Commits that share the call are written."""
    commits = [store.commit(Commit(puts=(put(str(n)),))) for n in range(9)]
    refused = store.commit(Commit(puts=(person(1, **wrong),), outbox=(message(),)))
    results = await asyncio.gather(*commits[:5], refused, *commits[5:], return_exceptions=True)
    assert [type(result) for result in results if result] == [ValueError]
    assert await store.outbox_size() == 0
    assert len(await store.find(Query(collection="things", limit=99))) == 9


async def test_passwords_are_nowhere(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "s3cr3t"
    for url in (
        f"redis://nobody:{secret}@127.0.0.1:1",
        f"redis://nobody:{secret}@127.0.0.1:{redis_server.port}",
    ):
        store = open_redis(url, "unit", IMPATIENT)
        with pytest.raises(Unavailable) as raised:
            await store.prepare(COLLECTIONS)
        assert secret not in f"{raised.value!r} {raised.value.__cause__!r} {store!r}"
        await store.close()
    for url in (
        f"redis://:{secret}@[/0",
        f"redis://u:{secret}@h/zero",
        f"redis://u:{secret}@h:port/0",
        f"redis://u:{secret}@h?nonsense=1",
        f"redis://u:{secret}@h?max_connections=many",
        f"redis://u:{secret}@h?durability=maybe",
    ):
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


async def test_a_cancelled_task_ends_whenever_it_is_cancelled(store: Store) -> None:
    """The client uses `asyncio.wait_for`, which may lose the cancellation on Python 3.11."""

    async def work() -> None:
        await store.get("things", "1")
        await store.count(Query(collection="things", limit=1))
        await asyncio.sleep(60)

    for turns in [*range(60)] * 5:
        task = asyncio.create_task(work())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=5)
        assert task.cancelled()


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


async def _until_sent(store: Store, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while await store.outbox_size() < count:  # noqa: ASYNC110 - the server sets no event
            await asyncio.sleep(0.005)


@contextmanager
def _all_connections(url: str) -> Iterator[None]:
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(redis.Redis.from_url(url)).ping()
            except redis.ConnectionError:
                break
        yield
