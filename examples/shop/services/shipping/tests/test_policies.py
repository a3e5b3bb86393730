# scaffolded by meshgen - yours to edit
"""What shipping does when something happened."""

from uuid import UUID

from shop_contracts.order import OrderConfirmed
from shop_contracts.shipping import DispatchParcel
from shop_shipping import policies

ID = UUID(int=0xA000)
CUSTOMER_ID = UUID(int=0xA001)
ORDER_CONFIRMED = OrderConfirmed(order_id=ID, customer_id=CUSTOMER_ID)


def test_dispatch_parcel_on_order_confirmed() -> None:
    assert policies.dispatch_parcel_on_order_confirmed(ORDER_CONFIRMED) == DispatchParcel(
        order_id=ID, customer_id=CUSTOMER_ID
    )
