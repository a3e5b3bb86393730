"""The operator's commands on the stores and the hub of a system that runs, or does not."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from chassis.dead_letters import DeadLetters
from chassis.domain import Refused
from chassis.envelope import Outgoing
from chassis.hub.nats.hub import NatsHub
from chassis.runtime import ProjectionRuntime, ServiceRuntime, generations
from chassis.runtime.generations import ReadModels
from chassis.store.port import Pending
from nats.js import JetStreamContext

from tests.chassis.core import market
from tests.chassis.core.running import Running, do, eventually

from .conftest import Operator

NOWHERE = "nats://127.0.0.1:1"


async def placed(orders: ServiceRuntime, **ids: UUID) -> UUID:
    """Place an order of nothing."""
    id = ids.get("order_id", uuid4())
    await do(orders, market.PlaceOrder(order_id=id, customer_id=uuid4(), lines=[]))
    return id


async def until_published(running: Running, id: UUID, service: str = "order") -> None:
    topic = f"{running.messages.system}.{service}.events"
    await eventually(
        lambda: running.published(topic), lambda found: str(id) in {e.subject for e in found}
    )


class Broken:
    """A projection that fails for products with a price of 13, as long as it is broken."""

    def __init__(self) -> None:
        self.is_broken = True
        self.seen: list[Decimal] = []

    def project(
        self, row: market.PriceRow | None, event: market.ProductListed | market.PriceChanged
    ) -> market.PriceRow:
        if self.is_broken and event.price >= 13:
            raise ValueError("an unlucky price")
        self.seen.append(event.price)
        return market.project_price(row, event)


async def broken_prices(running: Running, ops: Operator) -> tuple[Broken, list[str]]:
    """A running projection with three dead letters of one product; their ids."""
    broken, product = Broken(), uuid4()
    products = await running.service(market.product_service(running.messages))
    await running.projection(market.prices(running.messages, broken.project))
    await do(products, market.ListProduct(product_id=product, name="x", price=Decimal(13)))
    for price in (14, 15):
        await do(products, market.ChangePrice(product_id=product, price=Decimal(price)))
    found = await eventually(lambda: ops("dlq", "list"), lambda rows: len(rows) == 3)
    assert {row["subject"] for row in found} == {str(product)}
    return broken, [row["id"] for row in found]


async def test_dead_letters_are_replayed_in_order(running: Running, ops: Operator) -> None:
    broken, ids = await broken_prices(running, ops)
    broken.is_broken = False
    assert await ops("dlq", "replay", *reversed(ids)) == []
    assert broken.seen == [13, 14, 15]
    assert await ops("dlq", "list") == []


async def test_a_letter_is_not_replayed_before_an_earlier_one(
    running: Running, ops: Operator
) -> None:
    broken, ids = await broken_prices(running, ops)
    broken.is_broken = False
    assert f"{ids[0]} comes before {ids[1]}" in await ops.refused("dlq", "replay", ids[1])
    await ops("dlq", "drop", ids[0])
    await ops("dlq", "replay", ids[1])
    assert broken.seen == [14]


async def test_a_letter_that_fails_again_is_shown(running: Running, ops: Operator) -> None:
    _, ids = await broken_prices(running, ops)
    left = await ops("dlq", "replay", "--all", "--unit", "prices", code=1)
    assert [row["id"] for row in left] == ids
    shown = await ops("dlq", "show", ids[0])
    assert shown["reason"] == "ValueError: an unlucky price"
    assert shown["message"]["data"]["price"] == "13"


async def test_a_rebuild_replaces_the_dead_letters(running: Running, ops: Operator) -> None:
    broken, _ = await broken_prices(running, ops)
    await ops("projection", "rebuild", "prices")
    await eventually(lambda: ops("dlq", "list", "--group", "prices"), lambda found: not found)
    again = [row["id"] for row in await ops("dlq", "list", "--group", "prices#2")]
    assert len(again) == 3
    broken.is_broken = False
    assert await ops("dlq", "replay", *again) == []
    assert broken.seen == [13, 14, 15]


async def test_all_dead_letters_are_only_dropped_when_that_is_meant(
    running: Running, ops: Operator
) -> None:
    await broken_prices(running, ops)
    assert "add --yes" in await ops.refused("dlq", "drop", "--all")
    assert len(await ops("dlq", "drop", "--all", "--type", "PriceChanged", "--yes")) == 2
    assert len(await ops("dlq", "list")) == 1


@pytest.mark.parametrize(
    ("filter", "count"),
    [
        (("--unit", "prices"), 3),
        (("--unit", "product"), 0),
        (("--group", "prices"), 3),
        (("--type", "ProductListed"), 1),
        (("--subject", str(uuid4())), 0),
    ],
)
async def test_dead_letters_are_filtered(
    running: Running, ops: Operator, filter: tuple[str, ...], count: int
) -> None:
    await broken_prices(running, ops)
    assert len(await ops("dlq", "list", *filter)) == count


async def test_a_message_that_was_too_large_is_published_when_it_fits(
    running: Running, ops: Operator
) -> None:
    """As after the limit of the hub was raised."""
    order = await running.service(market.order_service(running.messages))
    store = running.store("order")
    await store.prepare((DeadLetters.collection,))
    id = await placed(order)
    topic = f"{running.messages.system}.order.events"
    (event,) = await eventually(lambda: running.published(topic), lambda found: len(found) == 1)
    message = replace((await store.history(f"Order:{id}", limit=1))[0], id=uuid4(), sequence=2)
    pending = Pending(77, Outgoing.of(topic, message))
    await DeadLetters(store, lambda: datetime.now(UTC)).add_unpublished(pending, ValueError("big"))
    (row,) = await ops("dlq", "list")
    assert await ops("dlq", "replay", row["id"]) == []
    await eventually(
        lambda: running.published(topic),
        lambda found: [each.id for each in found] == [event.id, message.id],
    )
    assert await ops("dlq", "list") == []


async def test_a_stuck_saga_is_found_and_settled(running: Running, ops: Operator) -> None:
    saga = market.checkout(deadline=timedelta(days=1))
    orders = await running.service(market.order_service(running.messages, saga))
    products = await running.service(market.product_service(running.messages))
    product = uuid4()
    await do(products, market.ListProduct(product_id=product, name="x", price=Decimal(1)))
    line = market.Line(product_id=product, quantity=1)
    order = market.PlaceOrder(order_id=uuid4(), customer_id=uuid4(), lines=[line])

    async def place() -> bool:
        try:
            await do(orders, order)
        except (Refused, KeyError, AttributeError, TypeError):
            return False
        return True

    await eventually(place, bool)
    (row,) = await eventually(lambda: ops("saga", "list"), bool)
    assert (row["saga"], row["key"], row["state"]) == ("checkout", str(order.order_id), "running")
    for filter, count in (
        (("--state", "running", "--unit", "order", "--saga", "checkout"), 1),
        (("--key", str(order.order_id)), 1),
        (("--key", "another"), 0),
        (("--state", "stuck"), 0),
        (("--overdue",), 0),
        (("--older-than", "1h"), 0),
        (("--older-than", "0s"), 1),
    ):
        assert len(await ops("saga", "list", *filter)) == count, filter
    shown = await ops("saga", "show", row["id"])
    assert [sent["progress"] for sent in shown["sent"]] == ["sent"]
    (result,) = await ops("saga", "resume", row["id"], code=1)
    assert result["result"] == "unchanged: it is not stuck"
    assert "add --yes" in await ops.refused("saga", "settle", row["id"])
    (result,) = await ops("saga", "settle", row["id"], "--yes")
    assert result["result"] == "changed"
    shown = await ops("saga", "show", row["id"])
    assert [sent["progress"] for sent in shown["sent"]] == ["done", "sent"]
    # The payment is asked for now, as if the stock had answered.
    topic = f"{running.messages.system}.payment.commands"
    await eventually(lambda: running.published(topic), lambda found: len(found) == 1)


async def test_what_works_while_the_system_is_down(running: Running, ops: Operator) -> None:
    orders = await running.service(market.order_service(running.messages, market.checkout()))
    id = await placed(orders)
    await eventually(lambda: ops("saga", "list"), bool)
    await orders.drain()
    ops.env["HUB_URL"] = NOWHERE
    (row,) = await ops("outbox", "status")
    assert row["unit"] == "order"
    assert isinstance(row["waiting"], int)
    assert await ops("dlq", "list") == []
    assert len(await ops("saga", "list")) == 1
    assert (await ops("state", "order", "Order", str(id)))["status"] == "placed"
    assert "event hub" in await ops.refused("events", "browse", code=3)
    assert "event hub" in await ops.refused("projection", "status", code=3)


async def test_what_waits_in_the_outbox(running: Running, ops: Operator) -> None:
    orders = await running.service(market.order_service(running.messages))
    await orders.drain()  # so nobody relays
    await placed(orders)
    (row,) = await ops("outbox", "status", "--unit", "order")
    assert row["waiting"] == 1
    assert row["type"].endswith("OrderPlaced.v1")
    assert row["age_seconds"] >= 0


async def test_a_state_as_of_a_version_and_a_time(running: Running, ops: Operator) -> None:
    orders = await running.service(market.order_service(running.messages))
    id = await placed(orders)
    between = datetime.now(UTC).isoformat()
    await do(orders, market.ConfirmOrder(order_id=id))
    name = ("state", "order", "Order", str(id))
    assert (await ops(*name))["status"] == "confirmed"
    for as_of, status in (("1", "placed"), ("2", "confirmed"), (between, "placed")):
        assert (await ops(*name, "--as-of", as_of))["status"] == status
    assert "there is no Order" in await ops.refused(*name, "--as-of", "2000-01-01")
    assert "is not a time" in await ops.refused(*name, "--as-of", "soon")


async def test_only_event_sourced_aggregates_have_a_past(running: Running, ops: Operator) -> None:
    products = await running.service(market.product_service(running.messages))
    product = uuid4()
    await do(products, market.ListProduct(product_id=product, name="x", price=Decimal(1)))
    name = ("state", "product", "Product", str(product))
    assert (await ops(*name))["price"] == "1"
    assert "no history" in await ops.refused(*name, "--as-of", "1")


async def test_events_are_browsed_in_the_order_of_time(running: Running, ops: Operator) -> None:
    products = await running.service(market.product_service(running.messages))
    orders = await running.service(market.order_service(running.messages))
    for _ in range(2):
        product = uuid4()
        await do(products, market.ListProduct(product_id=product, name="x", price=Decimal(1)))
        await until_published(running, product, "product")
        order = await placed(orders)
        await until_published(running, order)
    done = await ops.run("events", "browse", "--json")
    types = [json.loads(line)["envelope"]["type"].split(".")[-2] for line in done.out.splitlines()]
    assert types == ["ProductListed", "OrderPlaced"] * 2
    for filters, count in (
        (("--type", "OrderPlaced"), 2),
        (("--subject", str(order)), 1),
        (("--since", "1h"), 4),
        (("--limit", "3"), 3),
        ((f"{running.messages.system}.product.events",), 2),
    ):
        done = await ops.run("events", "browse", *filters)
        assert len(done.out.splitlines()) == count, filters


async def test_events_are_followed_until_ctrl_c(running: Running, ops: Operator) -> None:
    orders = await running.service(market.order_service(running.messages))
    process = await ops.start("events", "tail", "--type", "OrderPlaced")
    assert process.stdout is not None
    first = asyncio.ensure_future(process.stdout.readline())
    while not first.done():  # what is published before it listens is not shown
        await placed(orders)
        await asyncio.sleep(0.05)
    assert b"OrderPlaced" in first.result()
    process.terminate()
    await process.communicate()
    assert process.returncode == 130


async def test_a_read_model_is_rebuilt_paused_and_resumed(running: Running, ops: Operator) -> None:
    products = await running.service(market.product_service(running.messages))
    await running.projection(market.prices(running.messages))
    for _ in range(5):
        await do(products, market.ListProduct(product_id=uuid4(), name="x", price=Decimal(1)))
    await eventually(lambda: ops("projection", "status"), lambda rows: rows[0]["rows"] == 5)
    done = await ops("projection", "rebuild", "prices")
    assert done == {"projection": "prices", "generation": 2, "live": True}
    (row,) = await ops("projection", "status", "prices")
    assert (row["generation"], row["state"], row["rows"], row["behind"]) == (2, "live", 5, 0)
    await ops("projection", "pause", "prices")
    assert (await ops("projection", "status"))[0]["state"] == "paused"
    assert "is paused" in await ops.refused("projection", "rebuild", "prices")
    await ops("projection", "resume", "prices")
    assert (await ops("projection", "status"))[0]["state"] == "live"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dlq", "show", "any"), "`dlq list` shows them"),
        (("dlq", "list", "--unit", "prizes"), "there is no unit 'prizes'"),
        (("saga", "show", "any"), "`saga list` shows the ids"),
        (("saga", "list", "--saga", "any"), "there is no saga 'any'"),
        (("state", "stock", "Item", "1"), "run `make up` once"),
        (("projection", "rebuild", "prices"), "run `make up` once"),
        (("projection", "status", "product"), "is not a projection"),
        (("events", "browse", "any"), "there is no topic 'any'"),
    ],
)
async def test_an_error_says_what_to_do(
    ops: Operator, arguments: tuple[str, ...], said: str
) -> None:
    assert said in await ops.refused(*arguments)


async def test_wrong_usage(ops: Operator) -> None:
    for arguments in ((), ("dlq",), ("dlq", "drop"), ("dlq", "replay", "--all", "any")):
        assert (await ops.run(*arguments)).code == 2


async def order_rows(history: ProjectionRuntime) -> dict[UUID, str]:
    return {row.order_id: row.status for row in (await history.search({}, {}, (), 500)).items}


def _streams(running: Running) -> JetStreamContext:
    assert isinstance(running.hub, NatsHub)
    return running.hub._js


async def forget_log(running: Running) -> None:
    """Remove what the hub has, as the retention does."""
    stream = f"{running.messages.system}-order-events"
    await _streams(running).purge_stream(stream)


async def test_a_rebuild_from_the_event_stores(running: Running, ops: Operator) -> None:
    orders = await running.service(market.order_service(running.messages))
    history = await running.projection(market.order_history(running.messages))
    first = [await placed(orders) for _ in range(120)]  # several pages of streams
    await do(orders, market.ConfirmOrder(order_id=first[0]))
    await eventually(lambda: order_rows(history), lambda rows: "confirmed" in rows.values())
    await eventually(lambda: order_rows(history), lambda rows: len(rows) == 120)
    await forget_log(running)
    await do(orders, market.ConfirmOrder(order_id=first[1]))
    later = await placed(orders)
    (row,) = await ops("projection", "status")
    assert row["incomplete"] == "order.Order"
    assert "add --from-stores" in await ops.refused("projection", "rebuild", "order_history")
    await ops("projection", "rebuild", "order_history", "--from-stores")
    rows = await eventually(
        lambda: order_rows(history), lambda rows: rows.keys() == {*first, later}
    )
    assert {id for id, status in rows.items() if status == "confirmed"} == set(first[:2])
    (row,) = await ops("projection", "status")
    assert (row["generation"], row["rows"], row["state"]) == (2, 121, "live")
    await eventually(lambda: _history_streams(running), lambda names: names == [])


async def _history_streams(running: Running) -> list[str]:
    prefix = f"{running.messages.system}-history"
    names = [info.config.name or "" for info in await _streams(running).streams_info()]
    return [name for name in names if name.startswith(prefix)]


async def test_a_rebuild_from_the_event_stores_goes_on_after_kills(
    running: Running, ops: Operator
) -> None:
    orders = await running.service(market.order_service(running.messages))
    history = await running.projection(market.order_history(running.messages))
    ids = [await placed(orders) for _ in range(200)]
    await eventually(lambda: order_rows(history), lambda rows: len(rows) == 200)
    await forget_log(running)
    await history.close()
    store = running.store("order_history")
    await store.prepare((generations.COLLECTION,))
    models = ReadModels(store)
    process = await ops.start("projection", "rebuild", "order_history", "--from-stores")
    await eventually(models.load, lambda it: it.history and it.history.after)
    process.kill()
    await process.communicate()
    again = await running.projection(market.order_history(running.messages))
    await ops("projection", "rebuild", "order_history", "--from-stores")
    await eventually(lambda: order_rows(again), lambda rows: rows.keys() == {*ids})
    assert (await models.load()).live == 2


async def test_what_is_lost_is_named(running: Running, ops: Operator) -> None:
    products = await running.service(market.product_service(running.messages))
    prices = await running.projection(market.prices(running.messages))
    await do(products, market.ListProduct(product_id=uuid4(), name="x", price=Decimal(1)))
    await eventually(lambda: ops("projection", "status"), lambda rows: rows[0]["rows"] == 1)
    await _streams(running).purge_stream(f"{running.messages.system}-product-events")
    name = ("projection", "rebuild", "prices", "--from-stores")
    assert "old events of product.Product are lost" in await ops.refused(*name)
    await ops(*name, "--incomplete")
    await eventually(lambda: prices.search({}, {}, (), 9), lambda page: page.items == ())
