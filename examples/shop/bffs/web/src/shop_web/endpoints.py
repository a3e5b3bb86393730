# scaffolded by meshgen - yours to edit
"""The endpoints of web, which combine the responses of several services."""

from uuid import UUID

from fastapi import APIRouter

from chassis.bff import Backends, Caller, Json, optional, together

router = APIRouter()


@router.get("/home")
async def home(backends: Backends, caller: Caller) -> dict[str, Json]:
    """Return products and cart in one response."""
    return await together(
        products=backends.get("catalog", "/catalog", listed=True),
        cart=optional(backends.get("cart", f"/carts/{caller.id}")),
    )


@router.get("/account")
async def account(backends: Backends, caller: Caller) -> dict[str, Json]:
    """Return orders."""
    return await together(
        orders=backends.get("order_history", "/order-history", customer_id=caller.id)
    )


@router.get("/orders/{order_id}")
async def orders_by_order_id(order_id: UUID, backends: Backends) -> dict[str, Json]:
    """Return order, payment and parcel in one response."""
    return await together(
        order=backends.get("order", f"/orders/{order_id}"),
        payment=optional(backends.get("payment", "/payments/payment-of-order", order_id=order_id)),
        parcel=optional(backends.get("shipping", "/shipments/parcel-of-order", order_id=order_id)),
    )
