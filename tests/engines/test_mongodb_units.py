"""Whole units on MongoDB: the tests of the chassis that run on SQLite, here on this store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from chassis.messages import Catalog

from tests.chassis.conftest import nats_server
from tests.chassis.core import market
from tests.chassis.core.running import Running
from tests.chassis.core.test_market import (
    shop,
    test_a_declined_payment_cancels_and_releases,
    test_a_paid_order_is_confirmed,
    test_a_policy_commands_other_services_and_after_a_time,
    test_a_refused_command_counts_as_failed,
    test_after_the_deadline_what_is_done_late_is_undone,
    test_everything_an_order_sets_off_has_its_correlation_id,
    test_many_orders_at_once_never_oversell,
    test_missing_stock_cancels_and_releases_the_rest,
)
from tests.chassis.core.test_rebuild import (
    test_a_paused_read_model_is_served_and_goes_on_later,
    test_a_rebuild_goes_on_after_all_processes_were_stopped,
    test_a_rebuild_serves_the_old_rows_until_the_new_ones_are_complete,
)
from tests.chassis.core.test_slice import test_a_command_shows_up_in_a_read_model
from tests.chassis.core.test_stream_events import (
    test_processes_that_are_killed_emit_each_event_once,
    test_what_happens_during_a_rebuild_is_emitted_once,
)
from tests.chassis.core.test_streams import (
    test_a_rebuild_gives_the_same_rows,
    test_any_number_of_processes_give_the_same_rows,
)

__all__ = [
    "nats_server",
    "shop",
    "test_a_command_shows_up_in_a_read_model",
    "test_a_declined_payment_cancels_and_releases",
    "test_a_paid_order_is_confirmed",
    "test_a_paused_read_model_is_served_and_goes_on_later",
    "test_a_policy_commands_other_services_and_after_a_time",
    "test_a_rebuild_gives_the_same_rows",
    "test_a_rebuild_goes_on_after_all_processes_were_stopped",
    "test_a_rebuild_serves_the_old_rows_until_the_new_ones_are_complete",
    "test_a_refused_command_counts_as_failed",
    "test_after_the_deadline_what_is_done_late_is_undone",
    "test_any_number_of_processes_give_the_same_rows",
    "test_everything_an_order_sets_off_has_its_correlation_id",
    "test_many_orders_at_once_never_oversell",
    "test_missing_stock_cancels_and_releases_the_rest",
    "test_processes_that_are_killed_emit_each_event_once",
    "test_what_happens_during_a_rebuild_is_emitted_once",
]


@pytest.fixture
def messages() -> Catalog:
    return market.catalog(f"t{uuid4().hex[:10]}")


@pytest.fixture
def url(mongodb_url: str) -> str:
    """The URL with a prefix of databases, because units of all tests have the same names."""
    return urlsplit(mongodb_url)._replace(path=f"/test-{uuid4().hex[:10]}").geturl()


@pytest.fixture
async def running(
    nats_server: Any, messages: Catalog, url: str, tmp_path: Path
) -> AsyncIterator[Running]:
    async with Running(nats_server.url, messages, tmp_path, url) as running:
        yield running
