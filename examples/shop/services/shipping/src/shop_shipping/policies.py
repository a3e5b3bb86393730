# scaffolded by meshgen - yours to edit
"""The policies of shipping: the commands that follow from an event."""

from shop_contracts.order import OrderConfirmed
from shop_contracts.shipping import DispatchParcel


def dispatch_parcel_on_order_confirmed(event: OrderConfirmed) -> DispatchParcel:
    """On `OrderConfirmed`, send `DispatchParcel`."""
    return DispatchParcel(order_id=event.order_id, customer_id=event.customer_id)
