# scaffolded by meshgen - yours to edit
"""What happens elsewhere, and what order does then."""

from shop_contracts.cart import CartCheckedOut
from shop_contracts.order import MarkShipped, PlaceOrder
from shop_contracts.shipping import ParcelDispatched


def place_order_on_cart_checked_out(event: CartCheckedOut) -> PlaceOrder:
    """When cart checked out: place order."""
    return PlaceOrder(order_id=event.checkout_id, customer_id=event.customer_id, lines=event.lines)


def mark_shipped_on_parcel_dispatched(event: ParcelDispatched) -> MarkShipped:
    """When parcel dispatched: mark shipped."""
    return MarkShipped(order_id=event.order_id)
