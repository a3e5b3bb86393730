# scaffolded by meshgen - yours to edit
"""What order does when something happened."""

from decimal import Decimal
from uuid import UUID

from chassis.testing import NOW, new_id
from shop_contracts.cart import CartCheckedOut
from shop_contracts.order import MarkShipped, PlaceOrder
from shop_contracts.shipping import ParcelDispatched
from shop_contracts.types import OrderLine
from shop_order import policies

ID = UUID(int=0xA000)
PRODUCT_ID = UUID(int=0xA001)
CART_CHECKED_OUT = CartCheckedOut(
    customer_id=ID,
    checkout_id=new_id(1),
    lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))],
)
PARCEL_DISPATCHED = ParcelDispatched(
    order_id=ID, customer_id=PRODUCT_ID, tracking_code=new_id(1), dispatched_at=NOW
)


def test_place_order_on_cart_checked_out() -> None:
    assert policies.place_order_on_cart_checked_out(CART_CHECKED_OUT) == PlaceOrder(
        order_id=new_id(1),
        customer_id=ID,
        lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))],
    )


def test_mark_shipped_on_parcel_dispatched() -> None:
    assert policies.mark_shipped_on_parcel_dispatched(PARCEL_DISPATCHED) == MarkShipped(order_id=ID)
