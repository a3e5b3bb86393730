# scaffolded by meshgen - yours to edit
"""The policies of order: the commands that follow from an event."""

from decimal import Decimal

from chassis.testing import NOW, example_id
from shop_contracts.cart import CartCheckedOut
from shop_contracts.order import MarkShipped, PlaceOrder
from shop_contracts.shipping import ParcelDispatched
from shop_contracts.types import OrderLine
from shop_order import policies

CHECKOUT_ID = example_id("checkout_id")
CUSTOMER_ID = example_id("customer_id")
PRODUCT_ID = example_id("product_id")
ORDER_ID = example_id("order_id")
TRACKING_CODE = example_id("tracking_code")
CART_CHECKED_OUT = CartCheckedOut(
    customer_id=CUSTOMER_ID,
    checkout_id=CHECKOUT_ID,
    lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))],
)
PARCEL_DISPATCHED = ParcelDispatched(
    order_id=ORDER_ID, customer_id=CUSTOMER_ID, tracking_code=TRACKING_CODE, dispatched_at=NOW
)


def test_place_order_on_cart_checked_out() -> None:
    assert policies.place_order_on_cart_checked_out(CART_CHECKED_OUT) == PlaceOrder(
        order_id=CHECKOUT_ID,
        customer_id=CUSTOMER_ID,
        lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))],
    )


def test_mark_shipped_on_parcel_dispatched() -> None:
    assert policies.mark_shipped_on_parcel_dispatched(PARCEL_DISPATCHED) == MarkShipped(
        order_id=ORDER_ID
    )
