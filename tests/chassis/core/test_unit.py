"""The life of a unit: ready, draining, closing; and dead letters on the command line."""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chassis.clock import utc_now
from chassis.dead_letters import DeadLetterPublisher
from chassis.envelope import Envelope
from chassis.errors import Unavailable
from chassis.health import degraded, failed, ok
from chassis.messages import Catalog
from chassis.runtime import ProjectionRuntime, ServiceRuntime
from chassis.store.sqlite import open_sqlite
from chassis.testing.memory_hub import MemoryHub

from tests.waiting import PATIENCE

from . import market
from .running import Running, do, eventually


async def test_readiness_tells_the_truth(messages: Catalog, tmp_path: Path) -> None:
    store, hub = open_sqlite(tmp_path / "unit.db"), MemoryHub()
    runtime = ProjectionRuntime(market.prices(messages), store, hub)
    assert (await runtime.readiness())["consumers"] == degraded("not started")
    await runtime.start()
    assert await runtime.readiness() == {"store": ok(), "hub": ok(), "consumers": ok()}
    await runtime.close()
    await store.close()
    assert (await runtime.readiness())["store"] == failed("the store is closed")


async def test_draining_publishes_what_was_accepted(running: Running) -> None:
    products = await running.service(market.product_service(running.messages))
    ids = [uuid4() for _ in range(50)]
    commands = [market.ListProduct(product_id=id, name="x", price=Decimal(1)) for id in ids]
    await asyncio.gather(*(do(products, command) for command in commands))
    await products.drain()
    topic = f"{running.messages.system}.product.events"
    subjects = {
        Envelope.from_json(logged.data).subject async for logged in running.hub.browse(topic)
    }
    assert subjects == {str(id) for id in ids}


async def test_draining_without_a_hub_ends(messages: Catalog, tmp_path: Path) -> None:
    class Down(MemoryHub):
        async def publish(self, topic: str, envelope: Envelope, *, again: bool = False) -> None:
            raise Unavailable("down")

    store = open_sqlite(tmp_path / "unit.db")
    runtime = ServiceRuntime(market.product_service(messages), store, Down())
    await runtime.start()
    await do(runtime, market.ListProduct(product_id=uuid4(), name="x", price=Decimal(1)))
    async with asyncio.timeout(PATIENCE):
        await runtime.drain()
    assert len(await store.pending(9)) == 1
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

        async def publish(self, topic: str, envelope: Envelope, *, again: bool = False) -> None:
            if self.mistakes:
                self.mistakes -= 1
                raise KeyError("a mistake of ours")
            await super().publish(topic, envelope)

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
    logged = [Envelope.from_json(message.data) async for message in running.hub.browse(topic)]
    for envelope in logged:
        await running.hub.publish(topic, envelope, again=True)
    await do(products, market.ChangePrice(product_id=id, price=Decimal(3)))
    row_after = await eventually(row, lambda row: row and row.price == 3)
    assert row_after is not None
    assert row_after.changes == 2


async def test_dead_letters_from_the_command_line(
    running: Running, nats_server: Any, tmp_path: Path
) -> None:
    module = tmp_path / "some_catalog.py"
    module.write_text(
        f"import market\nMESSAGES = market.catalog({running.messages.system!r})\nNOTHING = 1\n"
    )
    products = await running.service(market.product_service(running.messages))
    topic, id = f"{running.messages.system}.product.commands", uuid4()
    sender = running.sender("somebody")
    await sender(market.ListProduct(product_id=id, name="x", price=Decimal(1)), publish=False)
    dead_letters = DeadLetterPublisher("product", running.messages, running.hub, utc_now)
    await dead_letters.publish(
        sender.last.to_json(), topic, "product.commands", ValueError("oh"), 6
    )
    await dead_letters.publish(b"no message", topic, "product.commands", ValueError("ah"), 0)

    async def run(*arguments: str) -> tuple[int | None, str, str]:
        path = f"{tmp_path}:{Path(__file__).parent}:{':'.join(sys.path)}"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chassis.dead_letters", *arguments),
            env={"PYTHONPATH": path, "NATS_URL": nats_server.url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    code, out, _ = await run("list", "some_catalog:MESSAGES")
    assert code == 0
    assert "ValueError: oh" in out
    assert str(id) in out

    assert (await run("replay", "some_catalog:MESSAGES", "7"))[0] == 2
    assert (await run("list", "some_catalog:NO_OVERRIDES"))[0] == 2
    code, out, err = await run("replay", "some_catalog:MESSAGES")
    assert code == 1  # the one that never was a message stays
    assert out == f"1: replayed on {topic}\n"
    assert err.startswith("2: not a CloudEvents envelope")
    await eventually(lambda: products.read(market.Product, id, None), lambda found: found)
    assert (await run("list", "some_catalog:MESSAGES"))[1].count("attempts") == 1
