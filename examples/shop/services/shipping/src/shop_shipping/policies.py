# scaffolded by meshgen - yours to edit
"""What happens elsewhere, and what shipping does then."""

from shop_contracts.order import OrderConfirmed
from shop_contracts.shipping import DispatchParcel


def dispatch_parcel_on_order_confirmed(event: OrderConfirmed) -> DispatchParcel:
    """When order confirmed: dispatch parcel."""
    return DispatchParcel(order_id=event.order_id, customer_id=event.customer_id)
