from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from chassis.runtime.removal import remove_all
from chassis.store.cassandra.store import CassandraStore, open_cassandra
from chassis.store.port import Store
from hypothesis import settings
from hypothesis.stateful import initialize

from tests.chassis.contracts.store_contract import Open, ReadModelContract
from tests.chassis.contracts.store_machine import StoreMachine
from tests.engines.tables_by_query import COLLECTIONS


@pytest.fixture(scope="session")
def keyspace() -> str:
    """The name of a unit for all tests: to create its tables takes longer than a test."""
    return f"unit_{uuid4().hex}"


async def clear(store: Store) -> None:
    """Remove all documents and inbox entries."""
    for collection in COLLECTIONS:
        await remove_all(store, collection.name)
    await store.forget(0)


class TestCassandraStore(ReadModelContract):
    @pytest.fixture
    async def store(self, cassandra_url: str, keyspace: str) -> AsyncIterator[Store]:
        store = open_cassandra(cassandra_url, keyspace)
        await store.prepare(COLLECTIONS)
        await clear(store)
        yield store
        await store.close()

    @pytest.fixture
    async def open_another(
        self, cassandra_url: str, keyspace: str, store: Store
    ) -> AsyncIterator[Open]:
        opened: list[CassandraStore] = []

        async def open_another() -> Store:
            opened.append(open_cassandra(cassandra_url, keyspace))
            await opened[-1].prepare(COLLECTIONS)
            return opened[-1]

        yield open_another
        for another in opened:
            await another.close()

    @pytest.fixture
    def reopen(self, store: Store, open_another: Open) -> Open:
        async def reopen() -> Store:
            await store.close()
            return await open_another()

        return reopen


class CassandraMachine(StoreMachine):
    of_service = False
    url: str
    keyspace: str

    @initialize()
    def open_both(self) -> None:
        super().open_both()
        self._run(clear(self._stores[0]))

    def open(self) -> Store:
        return open_cassandra(self.url, self.keyspace)


@pytest.fixture(scope="class")
def _machine_keyspace(cassandra_url: str) -> None:
    CassandraMachine.url = cassandra_url
    CassandraMachine.keyspace = f"machine_{uuid4().hex}"


TestCassandraMachine = pytest.mark.usefixtures("_machine_keyspace")(CassandraMachine.TestCase)
TestCassandraMachine.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
