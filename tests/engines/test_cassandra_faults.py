"""A Cassandra store whose server, connections, processes or keyspace fail."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

import pytest
from cassandra.cluster import Cluster
from chassis.errors import AlreadyHandled, Conflict, StoreLost, Unavailable
from chassis.store.cassandra.journal import Intent, Journal
from chassis.store.cassandra.session import Limits
from chassis.store.cassandra.store import CassandraStore, open_cassandra
from chassis.store.factory import open_store
from chassis.store.port import (
    AccessPattern,
    Collection,
    Commit,
    Field,
    Kind,
    Query,
    Sort,
    Store,
    Timer,
    equal,
)

from tests.chassis.contracts.killed_processes import check
from tests.chassis.contracts.store_contract import (
    NOW,
    append,
    content,
    delete,
    in_collection,
    message,
    person,
    put,
    received,
)
from tests.chassis.contracts.writing_process import read_model_commit
from tests.engines.tables_by_query import COLLECTIONS, THINGS
from tests.servers.cassandra import CassandraServer
from tests.servers.proxy import Proxy
from tests.waiting import PATIENCE, until

IMPATIENT = Limits(connect=1.0, request=2.0, patience=1.0)
WRITERS = 8
BY_OWNER = Query(collection="things", where=(equal("owner", "o"),), limit=99)


@pytest.fixture
def keyspace() -> str:
    return f"unit_{uuid4().hex}"


@pytest.fixture
async def store(cassandra_server: CassandraServer, keyspace: str) -> AsyncIterator[CassandraStore]:
    store = open_cassandra(cassandra_server.url, keyspace, IMPATIENT)
    await store.prepare((THINGS,))
    yield store
    await store.close()


@pytest.fixture
async def proxy(cassandra_server: CassandraServer) -> AsyncIterator[Proxy]:
    proxy = Proxy(cassandra_server.port)
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
async def behind(
    proxy: Proxy, cassandra_server: CassandraServer, keyspace: str
) -> AsyncIterator[Store]:
    """A store behind the proxy."""
    url = cassandra_server.url.replace(str(cassandra_server.port), str(proxy.port))
    store = open_cassandra(url, keyspace, IMPATIENT)
    await store.prepare((THINGS,))
    yield store
    proxy.mend()
    await store.close()


@pytest.fixture
def cluster(cassandra_server: CassandraServer) -> Iterator[Cluster]:
    """The plain driver."""
    cluster = Cluster(["127.0.0.1"], port=cassandra_server.port)
    yield cluster
    cluster.shutdown()


async def test_processes_of_which_one_is_killed(
    cassandra_server: CassandraServer, keyspace: str, tmp_path: Path
) -> None:
    await check(tmp_path, keyspace, cassandra_server.url, commits=600, kind="read-model")


async def test_a_server_that_is_killed_and_started_again_loses_nothing(tmp_path: Path) -> None:
    server = CassandraServer(tmp_path)
    await asyncio.to_thread(server.start)
    store = open_cassandra(server.url, "unit", IMPATIENT)
    await store.prepare((THINGS,))
    done: set[str] = set()
    failures = 0

    async def write(writer: int) -> None:
        nonlocal failures
        for number in range(100):
            id = f"{writer}/{number}"
            while id not in done:
                try:
                    await store.commit(read_model_commit(id))
                except AlreadyHandled:
                    pass  # it was written, but the connection broke before the answer
                except Unavailable:
                    failures += 1
                    await asyncio.sleep(0.05)
                    continue
                done.add(id)

    async def kill() -> None:
        await until(lambda: len(done) >= 200)
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(server.start)

    await asyncio.gather(kill(), *(write(writer) for writer in range(WRITERS)))
    assert failures
    found = {each.id for each in await store.find(Query(collection="things", limit=1 << 30))}
    assert found == done
    assert (await store.handled(tuple(done))).keys() == done
    for id in list(done)[:20]:
        query = Query(collection="things", where=(equal("owner", id),), limit=9)
        assert [each.id for each in await store.find(query)] == [id]
    await store.close()
    await asyncio.to_thread(server.kill)


async def test_what_a_dead_process_has_begun_is_finished_by_the_next(
    store: CassandraStore,
    cassandra_server: CassandraServer,
    keyspace: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has written its intent, and a part of what this says."""
    await store.commit(Commit(puts=(put("1", owner="o"), put("2", owner="o"), put("3"))))

    async def half(self: Journal, position: int, intent: Intent) -> NoReturn:
        await apply(self, position, Intent(intent.rows[:1], intent.removed[:1]))
        raise Unavailable("the process dies here")

    apply = Journal.apply
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "apply", half)
        with pytest.raises(Unavailable, match="dies"):
            await store.commit(
                Commit(
                    puts=(put("1", 2, owner="p"), put("2", 2, owner="o"), put("3", 2, owner="o")),
                    inbox=received("m", result="r"),
                )
            )
    another = open_cassandra(cassandra_server.url, keyspace)  # it has not prepared the collection
    with pytest.raises(AlreadyHandled) as raised:
        await another.commit(Commit(inbox=received("m")))
    assert raised.value.results == {"m": "r"}
    await another.close()
    found = await store.get_many("things", ("1", "2", "3"))
    assert [found[id].version for id in "123"] == [2, 2, 2]
    assert [each.id for each in await store.find(BY_OWNER)] == ["2", "3"]
    with pytest.raises(Conflict):
        await store.commit(Commit(puts=(put("1", 2),)))


async def test_a_process_that_wakes_up_late_changes_nothing(
    store: CassandraStore,
    cassandra_server: CassandraServer,
    keyspace: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was stopped between its intent and its writes; others have finished and gone on."""
    another = open_cassandra(cassandra_server.url, keyspace)
    await another.prepare((THINGS,))
    asleep, awake = asyncio.Event(), asyncio.Event()
    apply = Journal.apply

    async def late(self: Journal, position: int, intent: Intent) -> None:
        if self is store._journal:
            asleep.set()
            await awake.wait()
        await apply(self, position, intent)

    monkeypatch.setattr(Journal, "apply", late)
    writing = asyncio.create_task(
        store.commit(Commit(puts=(put("1", owner="o"), put("2", owner="o"))))
    )
    await asleep.wait()
    await another.commit(Commit(puts=(put("1", 2, owner="p"),), deletes=(delete("2", 1),)))
    awake.set()
    await writing
    found = await store.get_many("things", ("1", "2"))
    assert {id: (each.version, content(each)) for id, each in found.items()} == {
        "1": (2, {"owner": "p"})
    }
    assert await store.find(BY_OWNER) == ()
    await another.close()


async def test_a_version_that_does_not_know_a_table_keeps_it(
    store: CassandraStore, cassandra_server: CassandraServer, keyspace: str
) -> None:
    """New fields, tables and constraints hold for what the old version writes, too."""
    old = Collection(name="moving", fields=(Field("a", Kind.TEXT),))
    new = Collection(
        name="moving",
        fields=(
            Field("a", Kind.TEXT),
            Field("c", Kind.INTEGER, default="5"),
            Field("d", Kind.TEXT, optional=True, default='"x"'),
        ),
        patterns=(AccessPattern(by=("c",), sort=(Sort("a"),)),),
        unique=(("a",),),
    )
    await store.prepare((old,))
    await store.commit(
        Commit(puts=tuple(in_collection("moving", str(n), 1, a=f"{n}") for n in range(5)))
    )
    later = open_cassandra(cassandra_server.url, keyspace)
    await later.prepare((new,))
    await store.commit(
        Commit(
            puts=(
                in_collection("moving", "1", 2, a="changed"),
                in_collection("moving", "9", 1, a="new"),
            )
        )
    )
    with pytest.raises(Exception, match="another document has the same a"):
        await store.commit(Commit(puts=(in_collection("moving", "8", 1, a="3"),)))
    await later.commit(Commit(puts=(in_collection("moving", "2", 2, a="2", c=5, d=None),)))
    query = Query(collection="moving", where=(equal("c", 5),), sort=(Sort("a"),), limit=9)
    found = [(each.id, content(each)) for each in await later.find(query)]
    rest = {"c": 5, "d": "x"}
    assert found == [
        ("0", {"a": "0", **rest}),
        ("2", {"a": "2", "c": 5}),
        ("3", {"a": "3", **rest}),
        ("4", {"a": "4", **rest}),
        ("1", {"a": "changed", **rest}),
        ("9", {"a": "new", **rest}),
    ]
    assert content(await store.get("moving", "9")) == {"a": "new"}
    await later.close()


async def test_a_field_of_a_key_that_becomes_optional(
    store: CassandraStore, cassandra_server: CassandraServer, keyspace: str
) -> None:
    pattern = AccessPattern(by=("a",), sort=(Sort("b"),))

    def moving(*, optional: bool) -> Collection:
        fields = (Field("a", Kind.UUID, optional), Field("b", Kind.INTEGER, optional))
        return Collection(name="moving", fields=fields, patterns=(pattern,))

    a = str(uuid4())
    query = Query(collection="moving", where=(equal("a", a),), sort=(Sort("b"),), limit=9)
    await store.prepare((moving(optional=False),))
    await store.commit(Commit(puts=(in_collection("moving", "1", 1, a=a, b=1),)))
    later = open_cassandra(cassandra_server.url, keyspace)
    await later.prepare((moving(optional=True),))
    await later.commit(
        Commit(puts=(in_collection("moving", "2", 1, a=a), in_collection("moving", "3", 1, b=1)))
    )
    await store.commit(Commit(puts=(in_collection("moving", "4", 1, a=a, b=0),)))
    assert [each.id for each in await later.find(query)] == ["2", "4", "1"]
    nothing = Query(collection="moving", where=(equal("a", None),), limit=9)
    assert [each.id for each in await later.find(nothing)] == ["3"]
    await later.close()


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
    store: Store, cassandra_server: CassandraServer
) -> None:
    cassandra_server.signal(signal.SIGSTOP)
    try:
        async with asyncio.timeout(30):
            with pytest.raises(Unavailable):
                await store.commit(Commit(puts=(put("1"),)))
    finally:
        cassandra_server.signal(signal.SIGCONT)
    await _until_it_works(store)
    await store.commit(Commit(puts=(put("2"),)))


async def test_more_reads_than_are_sent_at_once(store: Store) -> None:
    await store.commit(Commit(puts=tuple(put(str(n), n=n) for n in range(100))))
    found = await asyncio.gather(*(store.get("things", str(n % 100)) for n in range(500)))
    assert all(found)


async def test_a_keyspace_that_was_removed_or_replaced(
    store: CassandraStore, cassandra_server: CassandraServer, keyspace: str, cluster: Cluster
) -> None:
    await store.commit(Commit(puts=(put("1"),)))
    await store.verify()
    await asyncio.to_thread(cluster.connect().execute, f'DROP KEYSPACE "{keyspace}"', timeout=60)
    for work in (store.verify(), store.get("things", "1"), store.commit(Commit(puts=(put("2"),)))):
        with pytest.raises(StoreLost):
            await work
    another = open_cassandra(cassandra_server.url, keyspace)
    await another.prepare((THINGS,))
    await another.verify()
    for work in (store.verify(), store.commit(Commit(puts=(put("2"),)))):
        with pytest.raises(StoreLost, match="replaced"):
            await work
    await another.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": "heavy"},
        {"number": 2**63},
        {"color": "green"},
        {"name": None},
        {"seen": "someday"},
        {"born": "2000-02-30"},
        {"friend": "nobody"},
        {"balance": "NaN"},
        {"name": "\ud800"},
        {"name": "x" * 70_000},  # it is in a key
    ],
)
async def test_a_value_that_a_column_cannot_have(
    values_store: Store, wrong: dict[str, object]
) -> None:
    """Commits that share the intent are written."""
    store, ids = values_store, [str(uuid4()) for _ in range(9)]
    commits = [store.commit(Commit(puts=(put(id),))) for id in ids]
    refused = store.commit(Commit(puts=(put(str(uuid4())), person(1, **wrong))))
    results = await asyncio.gather(*commits[:5], refused, *commits[5:], return_exceptions=True)
    assert [isinstance(result, ValueError) for result in results if result] == [True]
    assert len(await store.get_many("things", tuple(ids))) == 9


@pytest.fixture(scope="session")
def values_keyspace() -> str:
    return f"unit_{uuid4().hex}"


@pytest.fixture
async def values_store(
    cassandra_server: CassandraServer, values_keyspace: str
) -> AsyncIterator[Store]:
    store = open_cassandra(cassandra_server.url, values_keyspace)
    await store.prepare(COLLECTIONS)
    yield store
    await store.close()


@pytest.mark.parametrize(
    "commit",
    [
        append(message()),
        Commit(outbox=(message(),)),
        Commit(set_timers=(Timer(id="t", due=NOW, handler="h", data="d"),)),
        Commit(drop_timers=("t",)),
    ],
)
async def test_what_is_not_for_read_models_is_refused(commit: Commit) -> None:
    store = open_cassandra("cassandra://127.0.0.1:1", "unit")
    with pytest.raises(ValueError, match="for read models"):
        await store.commit(commit)


async def test_passwords_are_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "s3cr3t"
    store = open_cassandra(f"cassandra://u:{secret}@127.0.0.1:1", "unit", IMPATIENT)
    with pytest.raises(Unavailable) as raised:
        await store.prepare(COLLECTIONS)
    assert secret not in f"{raised.value!r} {raised.value.__cause__!r} {store!r}"
    await store.close()
    for url in (
        f"cassandra://u:{secret}@/",
        f"cassandra://u:{secret}@h:port",
        f"cassandra://u:{secret}@h/keyspace",
        f"cassandra://u:{secret}@h/?nonsense=1",
        f"cassandra://u:{secret}@h/?replication=many",
        f"cassandra://u:{secret}@h/?consistency=one",
    ):
        with pytest.raises(ValueError, match="not a valid cassandra:// URL") as refused:
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
    first = asyncio.create_task(store.commit(Commit(inbox=received("m"))))
    await asyncio.sleep(0)
    await asyncio.gather(store.close(), first)
    with pytest.raises(Unavailable, match="closed"):
        await store.commit(Commit(puts=(put("1"),)))
    with pytest.raises(Unavailable, match="closed"):
        await store.get("things", "1")


async def _until_it_works(store: Store) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await store.prepare((THINGS,))
                await store.ping()
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                return
