# scaffolded by meshgen - yours to edit
"""The policies of shipping: the commands that follow from an event."""

from chassis.testing import example_id
from shop_contracts.order import OrderConfirmed
from shop_contracts.shipping import DispatchParcel
from shop_shipping import policies

ORDER_ID = example_id("order_id")
CUSTOMER_ID = example_id("customer_id")
ORDER_CONFIRMED = OrderConfirmed(order_id=ORDER_ID, customer_id=CUSTOMER_ID)


def test_dispatch_parcel_on_order_confirmed() -> None:
    assert policies.dispatch_parcel_on_order_confirmed(ORDER_CONFIRMED) == DispatchParcel(
        order_id=ORDER_ID, customer_id=CUSTOMER_ID
    )
