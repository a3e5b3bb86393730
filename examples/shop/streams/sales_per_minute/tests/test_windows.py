# scaffolded by meshgen - yours to edit
"""The windows of sales_per_minute, given events."""

from datetime import timedelta
from decimal import Decimal

from chassis.testing import NOW, StreamScenario, example_id
from shop_contracts.order import OrderPlaced
from shop_contracts.types import OrderLine
from shop_sales_per_minute.stream import stream
from shop_sales_per_minute.windows import SalesPerMinuteRow

PRODUCT_ID = example_id("product_id")
ORDER_ID = example_id("order_id")
CUSTOMER_ID = example_id("customer_id")
ORDER_PLACED = OrderPlaced(
    order_id=ORDER_ID,
    customer_id=CUSTOMER_ID,
    lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))],
    total=Decimal(10),
    placed_at=NOW,
)

WINDOWS = stream.window.windows(NOW)
LATE = timedelta(seconds=90)


def test_order_placed() -> None:
    rows = [
        SalesPerMinuteRow(
            product_id=PRODUCT_ID,
            window_start=window.start,
            window_end=window.end,
            units=1,
            revenue=Decimal(10),
            sales=1,
        )
        for window in WINDOWS
    ]
    StreamScenario(stream).given(ORDER_PLACED).then(*rows)


def test_order_placed_twice() -> None:
    rows = [
        SalesPerMinuteRow(
            product_id=PRODUCT_ID,
            window_start=window.start,
            window_end=window.end,
            units=2,
            revenue=Decimal(20),
            sales=2,
        )
        for window in WINDOWS
    ]
    StreamScenario(stream).given(ORDER_PLACED, ORDER_PLACED).then(*rows)


def test_a_late_event_does_not_count() -> None:
    StreamScenario(stream).given(ORDER_PLACED, after=LATE).too_late(ORDER_PLACED)
