"""Read models that are thrown away, and rebuilds whose processes are killed."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chassis.errors import Unavailable
from chassis.health import Severity
from chassis.runtime import ProjectionRuntime
from chassis.runtime.generations import ReadModels, rows_of
from chassis.store.port import Query

from tests.waiting import until

from . import market
from .running import Running, do, eventually
from .test_faults import Victim
from .test_rebuild import list_products, read_models, total


def remove(store: Path) -> None:
    for file in store.parent.glob(f"{store.name}*"):
        file.unlink()


async def until_live(models: ReadModels, number: int) -> None:
    await eventually(models.load, lambda it: it.live == number and it.retired is None)


async def test_a_read_model_that_was_removed_comes_back(running: Running, tmp_path: Path) -> None:
    products = await running.service(market.product_service(running.messages))
    prices = await running.projection(market.prices(running.messages))
    await list_products(products, 7)
    await eventually(lambda: total(prices), lambda seen: seen[0] == 7)
    await prices.drain()
    remove(tmp_path / "prices.db")
    again = await running.projection(market.prices(running.messages))
    await eventually(lambda: total(again), lambda seen: seen[0] == 7)


async def test_a_unit_whose_store_is_removed_fails_for_its_process_to_end(
    running: Running, tmp_path: Path
) -> None:
    before = asyncio.all_tasks()
    prices = await running.projection(market.prices(running.messages))
    tasks = asyncio.all_tasks() - before
    remove(tmp_path / "prices.db")
    await until(lambda: any(task.done() for task in tasks))
    ended = [task for task in tasks if task.done()]
    with pytest.raises(Unavailable, match="the file was removed"):
        await ended[0]
    assert (await prices.readiness())["store"].severity is Severity.FAILED


async def test_a_rebuild_goes_on_after_a_kill_in_the_middle(
    running: Running, nats_server: Any, tmp_path: Path
) -> None:
    """In two processes that are killed one after the other; then a third one goes on."""
    products = await running.service(market.product_service(running.messages))
    await list_products(products, 300)
    product = uuid4()
    await do(products, market.ListProduct(product_id=product, name="x", price=Decimal(1)))
    for price in range(300):
        await do(products, market.ChangePrice(product_id=product, price=Decimal(price)))
    await products.drain()

    arguments = nats_server.url, running.messages.system, tmp_path
    first, second = Victim(*arguments), Victim(*arguments)
    await first.start()
    await second.start()
    store = running.store("prices")
    models = await read_models(running)
    rows = ProjectionRuntime(market.prices(running.messages), store, running.hub)
    await store.prepare((rows._live.rows.collection,))
    await eventually(lambda: total(rows), lambda seen: seen[0] >= 99)
    await models.save((await models.load()).rebuild())
    rebuilt = rows_of(market.prices(running.messages), 2, store).collection
    await store.prepare((rebuilt,))
    query = Query(collection=rebuilt.name, limit=1)
    await eventually(lambda: store.find(query), bool)
    await first.kill()
    await second.kill()
    async with Victim(*arguments):
        await until_live(models, 2)
    prices = await running.projection(market.prices(running.messages))
    row = await eventually(
        lambda: prices.search({"product_id": product}, {}, (), 1), lambda page: page.items
    )
    assert row.items[0].changes == 300, "each event was applied once"
    assert row.items[0].price == 299


async def test_a_retired_generation_leaves_no_listeners(running: Running) -> None:
    products = await running.service(market.product_service(running.messages))
    prices = await running.projection(market.prices(running.messages))
    await list_products(products, 1)
    membership = prices._parts.membership
    before = len(membership._listeners)
    models = await read_models(running)
    for live in (2, 3):
        await models.save((await models.load()).rebuild())
        await until_live(models, live)
    await until(lambda: len(membership._listeners) == before)
