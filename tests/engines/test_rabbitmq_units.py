"""Whole units on RabbitMQ: the tests of the chassis that run on a hub, here on this one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from chassis.messages import Catalog

from tests.chassis.core import market
from tests.chassis.core.running import Running
from tests.chassis.core.test_losses import (
    test_a_service_that_has_published_nothing_may_be_empty,
    test_a_service_without_its_data_refuses_to_start,
)
from tests.chassis.core.test_lost_read_model import test_a_read_model_that_was_removed_comes_back
from tests.chassis.core.test_moving import test_a_clock_that_jumps_makes_no_effect_happen_twice
from tests.chassis.core.test_partitions import (
    test_what_waits_in_the_hub_is_handled_by_other_partitions,
)
from tests.chassis.core.test_rebuild import (
    test_a_paused_read_model_is_served_and_goes_on_later,
    test_a_rebuild_goes_on_after_all_processes_were_stopped,
    test_a_rebuild_serves_the_old_rows_until_the_new_ones_are_complete,
)
from tests.chassis.core.test_slice import test_a_command_shows_up_in_a_read_model

__all__ = [
    "test_a_clock_that_jumps_makes_no_effect_happen_twice",
    "test_a_command_shows_up_in_a_read_model",
    "test_a_paused_read_model_is_served_and_goes_on_later",
    "test_a_read_model_that_was_removed_comes_back",
    "test_a_rebuild_goes_on_after_all_processes_were_stopped",
    "test_a_rebuild_serves_the_old_rows_until_the_new_ones_are_complete",
    "test_a_service_that_has_published_nothing_may_be_empty",
    "test_a_service_without_its_data_refuses_to_start",
    "test_what_waits_in_the_hub_is_handled_by_other_partitions",
]


@pytest.fixture
def messages() -> Catalog:
    return market.catalog(f"t{uuid4().hex[:10]}")


@pytest.fixture
async def running(rabbitmq_url: str, messages: Catalog, tmp_path: Path) -> AsyncIterator[Running]:
    async with Running(rabbitmq_url, messages, tmp_path) as running:
        yield running
