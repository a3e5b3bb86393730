from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import psycopg
import pytest
from chassis.store.port import Store
from chassis.store.postgresql.store import PostgresStore, open_postgresql
from hypothesis import settings

from tests.chassis.contracts.store_contract import COLLECTIONS, Open, StoreContract
from tests.chassis.contracts.store_machine import StoreMachine


@pytest.fixture
def schema(postgres_url: str) -> str:
    """The name of a new unit."""
    return f"unit {uuid4()}"


class TestPostgresStore(StoreContract):
    @pytest.fixture
    async def store(self, postgres_url: str, schema: str) -> AsyncIterator[Store]:
        store = open_postgresql(postgres_url, schema)
        await store.prepare(COLLECTIONS)
        yield store
        await store.close()

    @pytest.fixture
    async def open_another(
        self, postgres_url: str, schema: str, store: Store
    ) -> AsyncIterator[Open]:
        opened: list[PostgresStore] = []

        async def open_another() -> Store:
            opened.append(open_postgresql(postgres_url, schema))
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


class PostgresMachine(StoreMachine):
    url: str

    def __init__(self) -> None:
        super().__init__()
        self._schema = f"machine {uuid4()}"

    def open(self) -> Store:
        return open_postgresql(self.url, self._schema)

    def teardown(self) -> None:
        super().teardown()
        with psycopg.connect(self.url) as connection:
            connection.execute(f'DROP SCHEMA "{self._schema}" CASCADE'.encode())


@pytest.fixture(scope="class")
def _machine_url(postgres_url: str) -> None:
    PostgresMachine.url = postgres_url


TestPostgresMachine = pytest.mark.usefixtures("_machine_url")(PostgresMachine.TestCase)
TestPostgresMachine.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
