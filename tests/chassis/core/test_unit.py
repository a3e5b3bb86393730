"""The life of a unit: ready, draining, closing."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from chassis.envelope import Outgoing
from chassis.errors import Unavailable
from chassis.health import Severity, degraded, ok
from chassis.messages import Catalog
from chassis.runtime import ProjectionRuntime, ServiceRuntime
from chassis.store.sqlite.store import open_sqlite
from chassis.testing.memory_hub import MemoryHub

from tests.waiting import PATIENCE

from . import market
from .running import Running, do, eventually


async def test_readiness_tells_the_truth(messages: Catalog, tmp_path: Path) -> None:
    store, hub = open_sqlite(tmp_path / "unit.db"), MemoryHub()
    runtime = ProjectionRuntime(market.prices(messages), store, hub)
    assert (await runtime.readiness())["consumers"] == degraded("not started")
    await runtime.start()
    ready = {"store": ok(), "hub": ok(), "consumers": ok()}
    await eventually(runtime.readiness, lambda seen: seen == ready)
    await runtime.close()
    await store.close()
    store_check = (await runtime.readiness())["store"]
    assert store_check.severity is Severity.FAILED
    assert store_check.reason.endswith("the store is closed")


async def test_draining_publishes_what_was_accepted(running: Running) -> None:
    products = await running.service(market.product_service(running.messages))
    ids = [uuid4() for _ in range(50)]
    commands = [market.ListProduct(product_id=id, name="x", price=Decimal(1)) for id in ids]
    await asyncio.gather(*(do(products, command) for command in commands))
    await products.drain()
    topic = f"{running.messages.system}.product.events"
    assert {e.subject for e in await running.published(topic)} == {str(id) for id in ids}


async def test_draining_without_a_hub_ends(messages: Catalog, tmp_path: Path) -> None:
    class Down(MemoryHub):
        async def publish(self, message: Outgoing, *, again: bool = False) -> None:
            raise Unavailable("down")

    store = open_sqlite(tmp_path / "unit.db")
    runtime = ServiceRuntime(market.product_service(messages), store, Down())
    await runtime.start()
    await do(runtime, market.ListProduct(product_id=uuid4(), name="x", price=Decimal(1)))
    async with asyncio.timeout(PATIENCE):
        await runtime.drain()
    assert len(await store.pending(limit=9)) == 1
    await store.close()


async def test_closing_does_not_wait_for_a_handler(running: Running) -> None:
    begun = asyncio.Event()

    async def never(question: market.Authorize) -> market.Authorization:
        begun.set()
        await asyncio.sleep(3600)
        raise AssertionError

    payments = await running.service(market.payment_service(running.messages, never))
    send = running.sender("checkout")
    await send(market.CapturePayment(order_id=uuid4(), customer_id=uuid4(), amount=Decimal(1)))
    await asyncio.wait_for(begun.wait(), PATIENCE)
    async with asyncio.timeout(PATIENCE):
        await payments.close()


async def test_the_relay_goes_on_after_a_mistake(
    messages: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Odd(MemoryHub):
        mistakes = 1

        async def publish(self, message: Outgoing, *, again: bool = False) -> None:
            if self.mistakes:
                self.mistakes -= 1
                raise KeyError("a mistake of ours")
            await super().publish(message)

    monkeypatch.setattr("chassis.runtime.unit._RESTART_DELAY", 0.01)
    store, hub = open_sqlite(tmp_path / "unit.db"), Odd()
    runtime = ServiceRuntime(market.product_service(messages), store, hub)
    await runtime.start()
    await do(runtime, market.ListProduct(product_id=uuid4(), name="x", price=Decimal(1)))

    async def published() -> int:
        return len(hub.published)

    await eventually(published, lambda n: n == 1)
    await runtime.close()
    await store.close()


async def test_an_event_that_comes_again_changes_nothing(running: Running) -> None:
    products = await running.service(market.product_service(running.messages))
    prices = await running.projection(market.prices(running.messages))
    id, topic = uuid4(), f"{running.messages.system}.product.events"
    await do(products, market.ListProduct(product_id=id, name="x", price=Decimal(1)))
    await do(products, market.ChangePrice(product_id=id, price=Decimal(2)))

    async def row() -> market.PriceRow | None:
        page = await prices.search({"product_id": id}, {}, (), 1)
        return page.items[0] if page.items else None

    await eventually(row, lambda row: row and row.changes == 1)
    for envelope in await running.published(topic):
        await running.hub.publish(Outgoing.of(topic, envelope), again=True)
    await do(products, market.ChangePrice(product_id=id, price=Decimal(3)))
    row_after = await eventually(row, lambda row: row and row.price == 3)
    assert row_after is not None
    assert row_after.changes == 2
