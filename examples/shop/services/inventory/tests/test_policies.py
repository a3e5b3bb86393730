# scaffolded by meshgen - yours to edit
"""What inventory does when something happened."""

from decimal import Decimal
from uuid import UUID

from shop_contracts.inventory import IssueStock
from shop_contracts.order import OrderShipped
from shop_contracts.types import OrderLine
from shop_inventory import policies

PRODUCT_ID = UUID(int=0xA002)
ID = UUID(int=0xA000)
ORDER_SHIPPED = OrderShipped(
    order_id=ID, lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))]
)


def test_issue_stock_on_order_shipped() -> None:
    assert list(policies.issue_stock_on_order_shipped(ORDER_SHIPPED)) == [
        IssueStock(product_id=PRODUCT_ID, order_id=ID),
    ]
