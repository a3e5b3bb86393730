# scaffolded by meshgen - yours to edit
"""The effects of events on the rows of order_history."""

from dataclasses import replace
from decimal import Decimal

from chassis.testing import NOW, example_id
from shop_contracts.order import OrderCancelled, OrderConfirmed, OrderPlaced, OrderShipped
from shop_contracts.types import OrderLine, OrderStatus
from shop_order_history.rows import OrderHistoryRow, project

CUSTOMER_ID = example_id("customer_id")
ORDER_ID = example_id("order_id")
PRODUCT_ID = example_id("product_id")
ORDER_PLACED = OrderPlaced(
    order_id=ORDER_ID,
    customer_id=CUSTOMER_ID,
    lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))],
    total=Decimal(10),
    placed_at=NOW,
)
ORDER_CONFIRMED = OrderConfirmed(order_id=ORDER_ID, customer_id=CUSTOMER_ID)
ORDER_SHIPPED = OrderShipped(
    order_id=ORDER_ID, lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))]
)
ORDER_CANCELLED = OrderCancelled(order_id=ORDER_ID, reason="a reason")

ROW = OrderHistoryRow(
    customer_id=CUSTOMER_ID,
    order_id=ORDER_ID,
    placed_at=NOW,
    total=Decimal(10),
    status=OrderStatus.PLACED,
)


def test_order_placed() -> None:
    assert project(None, ORDER_PLACED) == ROW


def test_order_confirmed() -> None:
    assert project(ROW, ORDER_CONFIRMED) == replace(ROW, status=OrderStatus.CONFIRMED)


def test_order_shipped() -> None:
    assert project(ROW, ORDER_SHIPPED) == replace(ROW, status=OrderStatus.SHIPPED)


def test_order_cancelled() -> None:
    assert project(ROW, ORDER_CANCELLED) == replace(ROW, status=OrderStatus.CANCELLED)
