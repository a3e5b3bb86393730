"""Services that have lost their stores, and event hubs that have lost their topics."""

from __future__ import annotations

import pytest
from chassis.errors import DataLost
from chassis.runtime import ServiceRuntime

from . import market
from .running import Running
from .test_rebuild import list_products


async def test_a_service_without_its_data_refuses_to_start(running: Running) -> None:
    declared = market.product_service(running.messages)
    products = await running.service(declared)
    await list_products(products, 1)
    await products.drain()

    empty = ServiceRuntime(declared, running.store("empty"), running.hub)
    for _ in range(2):  # a refusal leaves nothing in the store
        with pytest.raises(DataLost, match=r"the store of product is .* ACCEPT_EMPTY_STORE=product"):
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
