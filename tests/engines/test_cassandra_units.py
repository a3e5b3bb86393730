"""Whole read models on Cassandra: the tests of the chassis that run on SQLite, here on this store.

The services beside them are on SQLite, as everything that is not a read model must be elsewhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chassis.messages import Catalog
from chassis.store.cassandra.store import open_cassandra
from chassis.store.port import Store

from tests.chassis.conftest import nats_server
from tests.chassis.core import market
from tests.chassis.core.running import Running
from tests.chassis.core.test_rebuild import (
    test_a_paused_read_model_is_served_and_goes_on_later,
    test_a_rebuild_goes_on_after_all_processes_were_stopped,
    test_a_rebuild_serves_the_old_rows_until_the_new_ones_are_complete,
)
from tests.chassis.core.test_slice import test_a_command_shows_up_in_a_read_model
from tests.chassis.core.test_streams import (
    test_a_rebuild_gives_the_same_rows,
    test_any_number_of_processes_give_the_same_rows,
)

__all__ = [
    "nats_server",
    "test_a_command_shows_up_in_a_read_model",
    "test_a_paused_read_model_is_served_and_goes_on_later",
    "test_a_rebuild_gives_the_same_rows",
    "test_a_rebuild_goes_on_after_all_processes_were_stopped",
    "test_a_rebuild_serves_the_old_rows_until_the_new_ones_are_complete",
    "test_any_number_of_processes_give_the_same_rows",
]


class _Running(Running):
    def __init__(self, url: str, messages: Catalog, folder: Path, cassandra_url: str) -> None:
        super().__init__(url, messages, folder)
        self._cassandra_url = cassandra_url
        self._run = uuid4().hex[:10]

    def store(self, name: str) -> Store:
        if name not in ("prices", "sales"):  # read models
            return super().store(name)
        store = open_cassandra(self._cassandra_url, f"{name}_{self._run}")
        self._exit.push_async_callback(store.close)
        return store


@pytest.fixture
def messages() -> Catalog:
    return market.catalog(f"t{uuid4().hex[:10]}")


@pytest.fixture
async def running(
    nats_server: Any, messages: Catalog, cassandra_url: str, tmp_path: Path
) -> AsyncIterator[Running]:
    async with _Running(nats_server.url, messages, tmp_path, cassandra_url) as running:
        yield running
