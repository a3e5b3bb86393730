"""The whole market on a real hub: replicas, sagas, policies and a read model working together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID, uuid4

import pytest
from chassis import trace
from chassis.domain import Refused
from chassis.envelope import Envelope
from chassis.results import Page
from chassis.runtime import ProjectionRuntime, ServiceRuntime
from chassis.saga.instance import Status
from chassis.service import Service, on

from tests.waiting import PATIENCE

from . import market
from .running import Running, do, eventually

CUSTOMER = uuid4()


@dataclass
class Market:
    products: ServiceRuntime
    orders: ServiceRuntime
    stock: ServiceRuntime
    payments: ServiceRuntime
    history: ProjectionRuntime

    async def product(self, price: str, stock: int) -> UUID:
        id = uuid4()
        await do(self.products, market.ListProduct(product_id=id, name="x", price=Decimal(price)))
        await do(self.stock, market.ReceiveStock(product_id=id, quantity=stock))
        return id

    async def order(self, *lines: tuple[UUID, int]) -> UUID:
        """Place an order as soon as the replica knows the products."""
        id = uuid4()
        command = market.PlaceOrder(
            order_id=id,
            customer_id=CUSTOMER,
            lines=[market.Line(product_id=product, quantity=n) for product, n in lines],
        )
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await do(self.orders, command)
                except Refused:
                    await asyncio.sleep(0.005)
                else:
                    return id

    async def ends_as(self, order: UUID, status: str) -> None:
        await eventually(
            lambda: self.orders.read(market.Order, order, None),
            lambda found: found and found.state.status == status,
        )

    async def reserved(self, product: UUID) -> int:
        found = await self.stock.read(market.StockItem, product, None)
        assert found is not None
        return sum(found.state.reservations.values())

    async def releases(self, product: UUID) -> None:
        await eventually(lambda: self.reserved(product), lambda reserved: reserved == 0)


@pytest.fixture
async def shop(running: Running) -> Market:
    messages = running.messages
    products, orders, stock, payments, history = await asyncio.gather(
        running.service(market.product_service(messages)),
        running.service(market.order_service(messages, market.checkout())),
        running.service(market.stock_service(messages)),
        running.service(market.payment_service(messages)),
        running.projection(market.order_history(messages)),
    )
    return Market(products, orders, stock, payments, history)


async def test_a_paid_order_is_confirmed(shop: Market) -> None:
    teapot, cup = await shop.product("19.90", 5), await shop.product("5.05", 5)
    order = await shop.order((teapot, 2), (cup, 1))
    await shop.ends_as(order, "confirmed")

    async def page() -> Page[market.OrderRow]:
        return await shop.history.search({"customer_id": CUSTOMER}, {}, ("-placed_at",), 10)

    found = await eventually(page, lambda page: page.items[0].status == "confirmed")
    assert [(row.order_id, row.total) for row in found.items] == [(order, Decimal("44.85"))]
    assert await shop.reserved(teapot) == 2


async def test_a_declined_payment_cancels_and_releases(shop: Market) -> None:
    samovar = await shop.product("900", 4)
    order = await shop.order((samovar, 2))
    await shop.ends_as(order, "cancelled")
    await shop.releases(samovar)
    page = await eventually(
        lambda: shop.history.search({"customer_id": CUSTOMER}, {}, (), 10),
        lambda page: not page.items,
    )
    assert page.items == ()  # this projection deletes the row of a cancelled order


async def test_missing_stock_cancels_and_releases_the_rest(shop: Market) -> None:
    plenty, rare = await shop.product("1", 9), await shop.product("1", 1)
    order = await shop.order((plenty, 3), (rare, 2))
    await shop.ends_as(order, "cancelled")
    await shop.releases(plenty)


async def test_a_refused_command_counts_as_failed(shop: Market) -> None:
    """Of this product there was never any stock: ReserveStock is refused with "not_found"."""
    id = uuid4()
    await do(shop.products, market.ListProduct(product_id=id, name="x", price=Decimal(1)))
    order = await shop.order((id, 1))
    await shop.ends_as(order, "cancelled")


async def test_everything_an_order_sets_off_has_its_correlation_id(
    shop: Market, running: Running
) -> None:
    teapot = await shop.product("1", 5)
    await shop.order((teapot, 1))
    with trace.use(trace.begin()) as begun:
        order = await shop.order((teapot, 1))
    await shop.ends_as(order, "confirmed")

    async def published() -> dict[str, Envelope]:
        """The messages with this correlation id, by the name of their type."""
        found = {}
        for envelope in await running.published():
            if envelope.correlation_id == begun.correlation_id:
                found[envelope.type.split(".")[-2]] = envelope
        return found

    names = {
        "OrderPlaced",
        "ReserveStock",
        "StockReserved",
        "CapturePayment",
        "PaymentCaptured",
        "ConfirmOrder",
        "OrderConfirmed",
    }
    seen = await eventually(published, lambda found: names <= set(found))
    assert set(seen) == names
    assert seen["StockReserved"].causation_id == seen["ReserveStock"].id
    assert seen["ReserveStock"].causation_id == seen["OrderPlaced"].id
    parsed = {trace.parse(envelope.traceparent) for envelope in seen.values()}
    assert parsed == {trace.parse(begun.traceparent)}


async def test_many_orders_at_once_never_oversell(shop: Market) -> None:
    teapot = await shop.product("1", 10)
    orders = await asyncio.gather(*(shop.order((teapot, 1)) for _ in range(16)))
    ended = []
    for order in orders:
        found = await eventually(
            partial(shop.orders.read, market.Order, order, None),
            lambda found: found and found.state.status != "placed",
        )
        assert found is not None
        ended.append(found.state.status)
    assert sorted(ended) == ["cancelled"] * 6 + ["confirmed"] * 10
    assert await shop.reserved(teapot) == 10


async def test_after_the_deadline_what_is_done_late_is_undone(running: Running) -> None:
    """The stock service is down when the order is placed, and answers when it is too late.

    The order is cancelled after everything is undone.
    """
    messages = running.messages
    saga = market.checkout(deadline=timedelta(seconds=0.2))
    orders = await running.service(market.order_service(messages, saga))
    products = await running.service(market.product_service(messages))
    stock = await running.service(market.stock_service(messages))
    shop = Market(products, orders, stock, stock, None)  # type: ignore[arg-type]
    teapot = await shop.product("1", 1)
    await stock.drain()
    order = await shop.order((teapot, 1))
    sagas = partial(running.instances, "order", saga)
    await eventually(sagas, lambda found: [i.status for i in found] == [Status.COMPENSATING])

    stock = await running.service(market.stock_service(messages))
    found = await eventually(
        lambda: stock.read(market.StockItem, teapot, None),
        lambda found: found and found.version == 3,  # received, reserved, released
    )
    assert found is not None
    assert not found.state.reservations
    await shop.ends_as(order, "cancelled")
    await eventually(sagas, lambda found: [i.status for i in found] == [Status.FAILED])


def with_policies(service: Service, *policies: object) -> Service:
    return replace(service, policies=policies)  # type: ignore[arg-type]


async def test_a_policy_commands_its_own_service(running: Running) -> None:
    messages = running.messages
    products = await running.service(market.product_service(messages))
    stock = await running.service(
        with_policies(
            market.stock_service(messages), on(market.ProductListed, market.receive_first_stock)
        )
    )
    id = uuid4()
    await do(products, market.ListProduct(product_id=id, name="x", price=Decimal(1)))
    found = await eventually(
        lambda: stock.read(market.StockItem, id, None), lambda found: found is not None
    )
    assert found is not None
    assert found.state.on_hand == 10


async def test_a_policy_commands_other_services_and_after_a_time(running: Running) -> None:
    messages = running.messages
    orders = await running.service(
        with_policies(
            market.order_service(messages),
            on(market.OrderPlaced, market.receive_one_of_each),
            on(market.OrderPlaced, market.remind, after=timedelta(seconds=0.3)),
        )
    )
    products = await running.service(market.product_service(messages))
    stock = await running.service(market.stock_service(messages))
    shop = Market(products, orders, stock, stock, None)  # type: ignore[arg-type]
    one, two = await shop.product("1", 1), await shop.product("1", 1)
    order = await shop.order((one, 1), (two, 1))
    for product in (one, two):
        await eventually(
            partial(stock.read, market.StockItem, product, None),
            lambda found: found and found.state.on_hand == 2,
        )
    await shop.ends_as(order, "cancelled")
