from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import redis
from chassis.store.port import Store
from chassis.store.redis.store import RedisStore, open_redis
from hypothesis import settings

from tests.chassis.contracts.store_contract import COLLECTIONS, Open, StoreContract
from tests.chassis.contracts.store_machine import StoreMachine


@pytest.fixture
def unit() -> str:
    """The name of a new unit."""
    return f"unit {uuid4()}"


class TestRedisStore(StoreContract):
    @pytest.fixture
    async def store(self, redis_url: str, unit: str) -> AsyncIterator[Store]:
        store = open_redis(redis_url, unit)
        await store.prepare(COLLECTIONS)
        yield store
        await store.close()

    @pytest.fixture
    async def open_another(self, redis_url: str, unit: str, store: Store) -> AsyncIterator[Open]:
        opened: list[RedisStore] = []

        async def open_another() -> Store:
            opened.append(open_redis(redis_url, unit))
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


class RedisMachine(StoreMachine):
    url: str

    def __init__(self) -> None:
        super().__init__()
        self._unit = f"machine {uuid4()}"

    def open(self) -> Store:
        return open_redis(self.url, self._unit)

    def teardown(self) -> None:
        super().teardown()
        with redis.Redis.from_url(self.url) as client:
            for key in client.scan_iter(match=f"{{{self._unit}}}:*", count=1000):
                client.unlink(key)


@pytest.fixture(scope="class")
def _machine_url(redis_url: str) -> None:
    RedisMachine.url = redis_url


TestRedisMachine = pytest.mark.usefixtures("_machine_url")(RedisMachine.TestCase)
TestRedisMachine.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
