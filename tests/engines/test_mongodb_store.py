from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from chassis.store.mongodb.client import Limits
from chassis.store.mongodb.store import MongoStore, open_mongodb
from chassis.store.port import Store
from hypothesis import settings
from pymongo import MongoClient

from tests.chassis.contracts.store_contract import COLLECTIONS, Open, StoreContract
from tests.chassis.contracts.store_machine import StoreMachine
from tests.waiting import PATIENCE

PATIENT = Limits(patience=PATIENCE)  # the server is slow to look up thousands of values at once


@pytest.fixture
def unit() -> str:
    """The name of a new unit."""
    return f"unit-{uuid4()}"


class TestMongoStore(StoreContract):
    @pytest.fixture
    async def store(self, mongodb_url: str, unit: str) -> AsyncIterator[Store]:
        store = open_mongodb(mongodb_url, unit, PATIENT)
        await store.prepare(COLLECTIONS)
        yield store
        await store.close()

    @pytest.fixture
    async def open_another(self, mongodb_url: str, unit: str, store: Store) -> AsyncIterator[Open]:
        opened: list[MongoStore] = []

        async def open_another() -> Store:
            opened.append(open_mongodb(mongodb_url, unit, PATIENT))
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


class MongoMachine(StoreMachine):
    url: str

    def __init__(self) -> None:
        super().__init__()
        self._unit = f"machine-{uuid4()}"

    def open(self) -> Store:
        return open_mongodb(self.url, self._unit)

    def teardown(self) -> None:
        super().teardown()
        with MongoClient[dict[str, Any]](self.url) as client:
            client.drop_database(self._unit)


@pytest.fixture(scope="class")
def _machine_url(mongodb_url: str) -> None:
    MongoMachine.url = mongodb_url


TestMongoMachine = pytest.mark.usefixtures("_machine_url")(MongoMachine.TestCase)
TestMongoMachine.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
