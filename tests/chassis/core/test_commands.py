"""Commands on a real store: decisions, owners, versions, and once only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis import trace
from chassis.caller import Caller
from chassis.domain import Refused
from chassis.errors import NotOwner, VersionMismatch
from chassis.messages import Catalog
from chassis.runtime import ServiceRuntime
from chassis.store.port import Commit, Put
from chassis.store.sqlite.store import SqliteStore, open_sqlite
from chassis.testing.memory_hub import MemoryHub

from . import market
from .running import do


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = open_sqlite(tmp_path / "unit.db")
    yield store
    await store.close()


@pytest.fixture
async def products(store: SqliteStore, messages: Catalog) -> ServiceRuntime:
    return await prepared(market.product_service(messages), store)


@pytest.fixture
async def orders(store: SqliteStore, messages: Catalog) -> ServiceRuntime:
    runtime = await prepared(market.order_service(messages), store)
    copy = f'{{"product_id": "{TEAPOT}", "price": "19.90"}}'
    put = Put(collection="product_copy_replica", id=str(TEAPOT), data=copy, expected=0, version=1)
    await store.commit(Commit(puts=(put,)))
    return runtime


async def prepared(service: Any, store: SqliteStore) -> ServiceRuntime:
    """A service that handles, but whose relay and consumers do not run: the outbox stays."""
    runtime = ServiceRuntime(service, store, MemoryHub())
    await runtime.start()
    await runtime.close()
    return runtime


TEAPOT = uuid4()
CUSTOMER = Caller(uuid4(), frozenset({"customer"}))
OTHER = Caller(uuid4(), frozenset({"customer"}))


def list_product(id: UUID | None = None, price: str = "19.90") -> market.ListProduct:
    return market.ListProduct(product_id=id or uuid4(), name="Teapot", price=Decimal(price))


def place_order(id: UUID, customer: Caller = CUSTOMER, quantity: int = 2) -> market.PlaceOrder:
    line = market.Line(product_id=TEAPOT, quantity=quantity)
    return market.PlaceOrder(order_id=id, customer_id=customer.id, lines=[line])


async def test_a_state_stored_aggregate_is_created_and_changed(products: ServiceRuntime) -> None:
    id = uuid4()
    created = await do(products, list_product(id))
    changed = await do(products, market.ChangePrice(product_id=id, price=Decimal(21)))
    found = await products.read(market.Product, id, None)
    assert (created.id, created.version, created.events) == (id, 1, ("ProductListed",))
    assert (created.created, created.replayed) == (True, False)
    assert (changed.version, changed.events, changed.created) == (2, ("PriceChanged",), False)
    assert found is not None
    assert found.version == 2
    assert found.state == market.Product(product_id=id, name="Teapot", price=Decimal(21))


async def test_an_event_sourced_aggregate_is_created_and_changed(orders: ServiceRuntime) -> None:
    id = uuid4()
    await do(orders, place_order(id))
    outcome = await do(orders, market.ConfirmOrder(order_id=id))
    found = await orders.read(market.Order, id, None)
    assert outcome.version == 2
    assert found is not None
    assert (found.version, found.state.status) == (2, "confirmed")
    assert found.state.total == Decimal("39.80")  # from the replica


async def test_what_is_not_there(products: ServiceRuntime, orders: ServiceRuntime) -> None:
    assert await products.read(market.Product, uuid4(), None) is None
    assert await orders.read(market.Order, uuid4(), None) is None
    with pytest.raises(Refused, match="not_found"):
        await do(products, market.ChangePrice(product_id=uuid4(), price=Decimal(1)))


async def test_a_refused_command_leaves_nothing(
    products: ServiceRuntime, store: SqliteStore
) -> None:
    id, message = uuid4(), uuid4()
    await do(products, list_product(id))
    before = await store.pending(limit=10)
    with pytest.raises(Refused, match="price_is_not_negative"):
        await do(products, market.ChangePrice(product_id=id, price=Decimal(-1)), message)
    assert await store.pending(limit=10) == before
    assert await store.handled((str(message),)) == {}


async def test_a_replica_row_that_is_missing_refuses(orders: ServiceRuntime) -> None:
    line = market.Line(product_id=uuid4(), quantity=1)
    command = market.PlaceOrder(order_id=uuid4(), customer_id=uuid4(), lines=[line])
    with pytest.raises(Refused, match="product_copy_not_found"):
        await do(orders, command)


async def test_a_port_is_asked(store: SqliteStore, messages: Catalog) -> None:
    payments = await prepared(market.payment_service(messages), store)

    async def capture(amount: int) -> tuple[str, ...]:
        command = market.CapturePayment(
            order_id=uuid4(), customer_id=uuid4(), amount=Decimal(amount)
        )
        return (await do(payments, command)).events

    assert await capture(1000) == ("PaymentCaptured",)
    assert await capture(1001) == ("PaymentDeclined",)


async def test_a_repeated_message_returns_the_recorded_outcome(
    products: ServiceRuntime, store: SqliteStore
) -> None:
    command, message = list_product(), uuid4()
    first = await do(products, command, message)
    again = await do(products, command, message)
    other_body = await do(products, list_product(), message)
    assert again.replayed
    assert (again.id, again.version, again.events) == (first.id, first.version, first.events)
    assert other_body == again
    assert len(await store.pending(limit=10)) == 1


async def test_a_message_repeated_at_once_is_handled_once(
    products: ServiceRuntime, store: SqliteStore
) -> None:
    command, message = list_product(), uuid4()
    outcomes = await asyncio.gather(*(do(products, command, message) for _ in range(20)))
    assert sorted(outcome.replayed for outcome in outcomes) == [False] + [True] * 19
    assert len(await store.pending(limit=10)) == 1


async def test_racing_commands_all_succeed_one_after_the_other(
    products: ServiceRuntime, store: SqliteStore
) -> None:
    id = uuid4()
    await do(products, list_product(id))
    outcomes = await asyncio.gather(
        *(
            do(products, market.ChangePrice(product_id=id, price=Decimal(price)))
            for price in range(30)
        )
    )
    assert sorted(outcome.version for outcome in outcomes) == list(range(2, 32))
    sequences = [pending.message.envelope.sequence for pending in await store.pending(limit=100)]
    assert sequences == list(range(1, 32))


async def test_two_processes_race_without_losing_an_update(
    store: SqliteStore, messages: Catalog
) -> None:
    """No lock of ours helps here: the store's versions do."""
    one = await prepared(market.stock_service(messages), store)
    two = await prepared(market.stock_service(messages), store)
    id = uuid4()
    await asyncio.gather(
        *(
            do(runtime, market.ReceiveStock(product_id=id, quantity=1))
            for runtime in (one, two) * 10
        )
    )
    found = await one.read(market.StockItem, id, None)
    assert found is not None
    assert (found.state.on_hand, found.version) == (20, 20)


async def test_an_expected_version_is_checked(products: ServiceRuntime) -> None:
    id = uuid4()
    await do(products, list_product(id))
    change = market.ChangePrice(product_id=id, price=Decimal(1))
    with pytest.raises(VersionMismatch) as raised:
        await products.handle(change, caller=None, message_id=uuid4(), expected_version=7)
    assert (raised.value.expected, raised.value.actual) == (7, 1)
    await products.handle(change, caller=None, message_id=uuid4(), expected_version=1)


async def test_only_the_owner_may_command_and_read(orders: ServiceRuntime) -> None:
    id, cancel = uuid4(), "changed my mind"
    await orders.handle(place_order(id), caller=CUSTOMER, message_id=uuid4())
    command = market.CancelOrder(order_id=id, reason=cancel)
    with pytest.raises(NotOwner):
        await orders.handle(command, caller=OTHER, message_id=uuid4())
    assert await orders.read(market.Order, id, OTHER) is None
    assert await orders.read(market.Order, id, CUSTOMER) is not None
    await orders.handle(command, caller=CUSTOMER, message_id=uuid4())


async def test_nothing_is_created_for_somebody_else(orders: ServiceRuntime) -> None:
    with pytest.raises(NotOwner):
        await orders.handle(place_order(uuid4()), caller=OTHER, message_id=uuid4())


async def test_the_owner_comes_before_the_rules(orders: ServiceRuntime) -> None:
    """Somebody else learns nothing about an order, not even that it is closed."""
    id = uuid4()
    await do(orders, place_order(id))
    await do(orders, market.ConfirmOrder(order_id=id))
    command = market.CancelOrder(order_id=id, reason="x")
    with pytest.raises(NotOwner):
        await orders.handle(command, caller=OTHER, message_id=uuid4(), expected_version=1)


async def test_events_say_where_they_come_from(
    products: ServiceRuntime, store: SqliteStore, messages: Catalog
) -> None:
    id, message = uuid4(), uuid4()
    with trace.use(trace.begin()) as current:
        await do(products, list_product(id), message)
    (pending,) = await store.pending(limit=10)
    envelope = pending.message.envelope
    assert pending.message.topic == f"{messages.system}.product.events"
    assert envelope.source == f"/{messages.system}/product"
    assert envelope.type == f"{messages.system}.product.ProductListed.v1"
    assert envelope.subject == str(id)
    assert (envelope.causation_id, envelope.sequence) == (message, 1)
    assert envelope.correlation_id == current.correlation_id
    assert envelope.traceparent == current.traceparent
    assert envelope.data == {"product_id": str(id), "name": "Teapot", "price": "19.90"}


async def test_without_a_trace_the_events_of_a_command_share_a_new_one(
    products: ServiceRuntime, store: SqliteStore
) -> None:
    await do(products, list_product())
    await do(products, list_product())
    first, second = [pending.message.envelope for pending in await store.pending(limit=10)]
    assert first.correlation_id != second.correlation_id
    assert trace.parse(first.traceparent) is not None


async def test_an_event_sourced_aggregate_cannot_be_searched(orders: ServiceRuntime) -> None:
    with pytest.raises(TypeError, match="projection"):
        await orders.search(market.Order, {}, {}, (), 10)


async def test_aggregates_are_searched(products: ServiceRuntime) -> None:
    for price in ("9.90", "10.00", "100"):
        await do(products, list_product(price=price))
    page = await products.search(market.Product, {}, {"listed": "true"}, ("-price",), 2)
    assert [product.price for product in page.items] == [Decimal(100), Decimal("10.00")]
    rest = await products.search(market.Product, {}, {"listed": "true"}, ("-price",), 2, page.next)
    assert [product.price for product in rest.items] == [Decimal("9.90")]
    assert rest.next is None
