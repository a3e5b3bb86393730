"""Services that have lost their stores, and event hubs that have lost their topics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chassis.errors import DataLost
from chassis.messages import Catalog
from chassis.runtime import ServiceRuntime

from . import market
from .running import Running, eventually
from .test_rebuild import list_products, total


async def test_a_service_without_its_data_refuses_to_start(running: Running) -> None:
    declared = market.product_service(running.messages)
    products = await running.service(declared)
    await list_products(products, 1)
    await products.drain()

    empty = ServiceRuntime(declared, running.store("empty"), running.hub)
    for _ in range(2):  # a refusal leaves nothing in the store
        with pytest.raises(
            DataLost, match=r"the store of product is .* ACCEPT_EMPTY_STORE=product"
        ):
            await empty.start()
    accepting = ServiceRuntime(
        declared, running.store("empty"), running.hub, accept_empty_store=True
    )
    await accepting.start()
    await accepting.drain()

    for store in ("product", "empty"):
        again = ServiceRuntime(declared, running.store(store), running.hub)
        await again.start()
        await again.drain()


async def test_a_service_that_has_published_nothing_may_be_empty(running: Running) -> None:
    """Others have: their topics say nothing of it."""
    products = await running.service(market.product_service(running.messages))
    await list_products(products, 1)
    await running.service(market.order_service(running.messages))


async def test_units_go_on_when_the_hub_has_lost_its_disk(
    own_nats_server: Any, messages: Catalog, tmp_path: Path
) -> None:
    """The new log is longer than what was read of the lost one."""
    async with Running(own_nats_server.url, messages, tmp_path) as running:
        products = await running.service(market.product_service(messages))
        prices = await running.projection(market.prices(messages))
        await list_products(products, 3)
        await eventually(lambda: total(prices), lambda seen: seen[0] == 3)
        own_nats_server.kill()
        own_nats_server.lose()
        await list_products(products, 10)
        own_nats_server.start()
        await eventually(lambda: total(prices), lambda seen: seen[0] == 13)
        await list_products(products, 1)
        await eventually(lambda: total(prices), lambda seen: seen[0] == 14)
