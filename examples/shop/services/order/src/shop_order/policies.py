# scaffolded by meshgen - yours to edit
"""The policies of order: the commands that follow from an event."""

from shop_contracts.cart import CartCheckedOut
from shop_contracts.order import MarkShipped, PlaceOrder
from shop_contracts.shipping import ParcelDispatched


def place_order_on_cart_checked_out(event: CartCheckedOut) -> PlaceOrder:
    """On `CartCheckedOut`, send `PlaceOrder`."""
    return PlaceOrder(order_id=event.checkout_id, customer_id=event.customer_id, lines=event.lines)


def mark_shipped_on_parcel_dispatched(event: ParcelDispatched) -> MarkShipped:
    """On `ParcelDispatched`, send `MarkShipped`."""
    return MarkShipped(order_id=event.order_id)
