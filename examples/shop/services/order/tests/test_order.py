# scaffolded by meshgen - yours to edit
"""Scenarios of the order aggregate: given, when, then."""

from datetime import timedelta
from decimal import Decimal

import pytest

from chassis.testing import NOW, Scenario, example_id
from shop_contracts.order import (
    CancelOrder,
    ConfirmOrder,
    MarkShipped,
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
    OrderShipped,
    PlaceOrder,
)
from shop_contracts.types import OrderLine
from shop_order.domain.order import decide, evolve

ORDER_ID = example_id("order_id")
CUSTOMER_ID = example_id("customer_id")
PRODUCT_ID = example_id("product_id")
EARLIER = NOW - timedelta(days=1)
PLACE_ORDER = PlaceOrder(
    order_id=ORDER_ID,
    customer_id=CUSTOMER_ID,
    lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))],
)
ORDER_PLACED = OrderPlaced(
    order_id=ORDER_ID,
    customer_id=CUSTOMER_ID,
    lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))],
    total=Decimal(10),
    placed_at=NOW,
)
ORDER_PLACED_EARLIER = OrderPlaced(
    order_id=ORDER_ID,
    customer_id=CUSTOMER_ID,
    lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))],
    total=Decimal(10),
    placed_at=EARLIER,
)
CONFIRM_ORDER = ConfirmOrder(order_id=ORDER_ID)
ORDER_CONFIRMED = OrderConfirmed(order_id=ORDER_ID, customer_id=CUSTOMER_ID)
MARK_SHIPPED = MarkShipped(order_id=ORDER_ID)
ORDER_SHIPPED = OrderShipped(
    order_id=ORDER_ID, lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))]
)
CANCEL_ORDER = CancelOrder(order_id=ORDER_ID, reason="a reason")
ORDER_CANCELLED = OrderCancelled(order_id=ORDER_ID, reason="a reason")


@pytest.fixture
def order() -> Scenario:
    return Scenario(decide, evolve)


def test_place_order_emits_order_placed(order: Scenario) -> None:
    order.when(PLACE_ORDER).then(ORDER_PLACED)


def test_place_order_requires_a_new_order(order: Scenario) -> None:
    order.given(ORDER_PLACED_EARLIER).when(PLACE_ORDER).refused("already_exists")


def test_confirm_order_emits_order_confirmed(order: Scenario) -> None:
    order.given(ORDER_PLACED_EARLIER).when(CONFIRM_ORDER).then(ORDER_CONFIRMED)


def test_confirm_order_requires_an_order_that_is_open(order: Scenario) -> None:
    order.given(ORDER_PLACED_EARLIER, ORDER_CONFIRMED).when(CONFIRM_ORDER).refused("order_is_open")


def test_confirm_order_requires_an_existing_order(order: Scenario) -> None:
    order.when(CONFIRM_ORDER).refused("not_found")


def test_mark_shipped_emits_order_shipped(order: Scenario) -> None:
    order.given(ORDER_PLACED_EARLIER, ORDER_CONFIRMED).when(MARK_SHIPPED).then(ORDER_SHIPPED)


def test_mark_shipped_requires_an_order_that_is_confirmed(order: Scenario) -> None:
    order.given(ORDER_PLACED_EARLIER).when(MARK_SHIPPED).refused("order_is_confirmed")


def test_mark_shipped_requires_an_existing_order(order: Scenario) -> None:
    order.when(MARK_SHIPPED).refused("not_found")


def test_cancel_order_emits_order_cancelled(order: Scenario) -> None:
    order.given(ORDER_PLACED_EARLIER).when(CANCEL_ORDER).then(ORDER_CANCELLED)


def test_cancel_order_requires_an_order_that_is_open(order: Scenario) -> None:
    order.given(ORDER_PLACED_EARLIER, ORDER_CONFIRMED).when(CANCEL_ORDER).refused("order_is_open")


def test_cancel_order_requires_an_existing_order(order: Scenario) -> None:
    order.when(CANCEL_ORDER).refused("not_found")
