# scaffolded by meshgen - yours to edit
"""The policies of inventory: the commands that follow from an event."""

from decimal import Decimal

from chassis.testing import example_id
from shop_contracts.inventory import IssueStock
from shop_contracts.order import OrderShipped
from shop_contracts.types import OrderLine
from shop_inventory import policies

PRODUCT_ID = example_id("product_id")
ORDER_ID = example_id("order_id")
ORDER_SHIPPED = OrderShipped(
    order_id=ORDER_ID, lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))]
)


def test_issue_stock_on_order_shipped() -> None:
    assert list(policies.issue_stock_on_order_shipped(ORDER_SHIPPED)) == [
        IssueStock(product_id=PRODUCT_ID, order_id=ORDER_ID),
    ]
