"""Whole units on PostgreSQL: the tests of the chassis that run on SQLite, here on this store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from chassis.errors import Unavailable
from chassis.messages import Catalog

from tests.chassis.conftest import nats_server
from tests.chassis.core import market
from tests.chassis.core.running import Running, do, eventually
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
from tests.chassis.core.test_streams import (
    test_a_rebuild_gives_the_same_rows,
    test_any_number_of_processes_give_the_same_rows,
)
from tests.chassis.ops.conftest import Operator

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
]


@pytest.fixture
def messages() -> Catalog:
    return market.catalog(f"t{uuid4().hex[:10]}")


@pytest.fixture
def database(postgres_url: str) -> str:
    """The URL of a database of its own, because units of all tests have the same names."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{postgres_url.rpartition('/')[0]}/{name}"


@pytest.fixture
async def running(
    nats_server: Any, messages: Catalog, database: str, tmp_path: Path
) -> AsyncIterator[Running]:
    async with Running(nats_server.url, messages, tmp_path, database) as running:
        yield running


async def test_a_role_that_may_not_create_runs_what_another_has_migrated(
    nats_server: Any, messages: Catalog, database: str, tmp_path: Path
) -> None:
    """The service's role reads and writes rows, and nothing else."""
    role = f"service_{uuid4().hex[:8]}"
    owner = Operator(tmp_path, messages.system, nats_server.url)
    owner.env["STORE_URL"] = database
    pending = {row["unit"]: row["changes"] for row in await owner("migrate", "--dry-run", code=1)}
    assert any(change.startswith("CREATE SCHEMA") for change in pending["product"])
    with psycopg.connect(database, autocommit=True) as connection:
        schemas = "SELECT schema_name FROM information_schema.schemata"
        assert ("product",) not in connection.execute(schemas).fetchall()
        assert await owner("migrate")
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'".encode())
        for unit in ("product", "prices"):
            for right in (
                f'GRANT USAGE ON SCHEMA "{unit}" TO {role}',
                f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{unit}" TO {role}',
                f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA "{unit}" TO {role}',
            ):
                connection.execute(right.encode())
    parts = urlsplit(database)
    url = urlunsplit(parts._replace(netloc=f"{role}:{role}@{parts.hostname}:{parts.port}"))
    with psycopg.connect(url) as denied, pytest.raises(psycopg.errors.InsufficientPrivilege):
        denied.execute('CREATE TABLE "product".other (id int)')
    async with Running(nats_server.url, messages, tmp_path, url) as running:
        products = await running.service(market.product_service(messages))
        prices = await running.projection(market.prices(messages))
        product = uuid4()
        await do(products, market.ListProduct(product_id=product, name="x", price=Decimal(7)))
        page = await eventually(
            lambda: prices.search({"product_id": product}, {}, (), 1), lambda found: found.items
        )
        assert page.items[0].price == 7
        with pytest.raises(Unavailable, match="permission denied"):
            await running.service(market.order_service(messages, market.checkout()))
