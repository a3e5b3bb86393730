"""A read model is built anew beside the live one, which goes on serving."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

from chassis.runtime import ProjectionRuntime, ServiceRuntime, generations
from chassis.runtime.generations import ReadModels

from . import market
from .running import Running, do, eventually


async def list_products(products: ServiceRuntime, count: int) -> None:
    for _ in range(count):
        command = market.ListProduct(product_id=uuid4(), name="x", price=Decimal(1))
        await do(products, command)


async def read_models(running: Running, unit: str = "prices") -> ReadModels:
    """The read models of the store, opened as another process would."""
    store = running.store(unit)
    await store.prepare((generations.COLLECTION,))
    return ReadModels(store)


async def total(prices: ProjectionRuntime) -> tuple[int, Decimal]:
    items = (await prices.search({}, {}, (), 99)).items
    return len(items), sum((item.price for item in items), Decimal())


async def test_a_rebuild_serves_the_old_rows_until_the_new_ones_are_complete(
    running: Running,
) -> None:
    factor = 2

    def project(row: market.PriceRow | None, event: market.ProductListed) -> market.PriceRow:
        return market.PriceRow(product_id=event.product_id, price=event.price * factor, changes=0)

    products = await running.service(market.product_service(running.messages))
    prices = await running.projection(market.prices(running.messages, project))
    await list_products(products, 40)
    await eventually(lambda: total(prices), lambda seen: seen == (40, Decimal(80)))

    factor = 1
    models = await read_models(running)
    await models.save((await models.load()).rebuild())
    seen = set()
    while (now := await total(prices)) != (40, Decimal(40)):
        seen.add(now)
        await asyncio.sleep(0.005)
    assert seen == {(40, Decimal(80))}
    done = await eventually(models.load, lambda model: model.retired is None and model.live == 2)
    assert done.building is None
    await list_products(products, 1)
    await eventually(lambda: total(prices), lambda seen: seen == (41, Decimal(41)))


async def test_a_rebuild_goes_on_after_all_processes_were_stopped(running: Running) -> None:
    products = await running.service(market.product_service(running.messages))
    prices = await running.projection(market.prices(running.messages))
    await list_products(products, 20)
    await eventually(lambda: total(prices), lambda seen: seen[0] == 20)
    models = await read_models(running)
    await models.save((await models.load()).rebuild())
    await prices.close()
    again = await running.projection(market.prices(running.messages))
    await eventually(models.load, lambda model: model.live == 2)
    await eventually(lambda: total(again), lambda seen: seen[0] == 20)


async def test_a_paused_read_model_is_served_and_goes_on_later(running: Running) -> None:
    products = await running.service(market.product_service(running.messages))
    prices = await running.projection(market.prices(running.messages))
    await list_products(products, 3)
    await eventually(lambda: total(prices), lambda seen: seen[0] == 3)
    models = await read_models(running)
    await models.save(replace(await models.load(), paused=True))
    await eventually(lambda: _is_idle(prices), bool)
    await list_products(products, 3)
    assert (await total(prices))[0] == 3
    await models.save(replace(await models.load(), paused=False))
    await eventually(lambda: total(prices), lambda seen: seen[0] == 6)


async def _is_idle(prices: ProjectionRuntime) -> bool:
    return not prices.topics
