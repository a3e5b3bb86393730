"""Another number of partitions is a handover: it loses nothing, and repeats nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from chassis.projection import Projection
from chassis.results import Page
from chassis.runtime.checkpoints import COLLECTION, Checkpoint, Checkpoints
from chassis.service import Service, Start
from chassis.store.port import Commit

from . import market
from .running import Running, do, eventually


@pytest.mark.parametrize(("before", "after"), [(12, 2), (2, 12), (12, 5)])
async def test_what_waits_in_the_hub_is_handled_by_other_partitions(
    running: Running, before: int, after: int
) -> None:
    system = running.messages.system

    def units(partitions: int) -> tuple[Service, Service, Projection[market.PriceRow, Any]]:
        messages = market.catalog(system, partitions)
        return (
            market.product_service(messages),
            market.stock_service(messages),
            market.prices(messages),
        )

    product, stock, prices = units(before)
    products = await running.service(product)
    stocks, rows = await running.service(stock), await running.projection(prices)
    ids = [uuid4() for _ in range(12)]
    for id in ids:
        await do(products, market.ListProduct(product_id=id, name="x", price=Decimal(1)))

    async def changes(number: int) -> None:
        """Wait until every row has this number of changes."""

        async def seen() -> list[int]:
            page: Page[market.PriceRow] = await rows.search({}, {}, (), 99)
            return [row.changes for row in page.items]

        await eventually(seen, lambda changes: changes == [number] * len(ids))

    await changes(0)
    await stocks.close()
    await rows.close()
    send = running.sender("somebody")
    for id in ids:  # while the receivers are dead
        await send(market.ReceiveStock(product_id=id, quantity=5))
        await do(products, market.ChangePrice(product_id=id, price=Decimal(2)))
    await products.drain()

    product, stock, prices = units(after)
    products = await running.service(product)
    stocks, rows = await running.service(stock), await running.projection(prices)
    await changes(1)
    for id in ids:
        found = await eventually(
            lambda id=id: stocks.read(market.StockItem, id, None),  # type: ignore[misc]
            lambda found: found is not None,
        )
        assert found is not None
        assert (found.version, found.state.on_hand) == (1, 5)
        await send(market.ReceiveStock(product_id=id, quantity=5))
        await do(products, market.ChangePrice(product_id=id, price=Decimal(3)))
    await changes(2)
    for id in ids:
        await eventually(
            lambda id=id: stocks.read(market.StockItem, id, None),  # type: ignore[misc]
            lambda found: found is not None and (found.version, found.state.on_hand) == (2, 10),
        )


async def test_a_partition_without_a_checkpoint_begins_at_the_beginning(
    running: Running,
) -> None:
    """The checkpoints of the other partitions say nothing about it."""
    store = running.store("unit")
    await store.prepare((COLLECTION,))
    checkpoints = Checkpoints(store, topic="t", group="g", partitions=3, start=Start.BEGINNING)
    puts = tuple(checkpoints.put(partition, 10, Checkpoint(0, 0)) for partition in (0, 2))
    await store.commit(Commit(puts=puts))
    loaded = await checkpoints.load(running.hub, range(3))
    assert [loaded[partition].position for partition in range(3)] == [10, 0, 10]
    assert await checkpoints.positions() == {0: 10, 1: 0, 2: 10}
