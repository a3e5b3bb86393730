# scaffolded by meshgen - yours to edit
"""The endpoints of web, which combine the responses of several services."""

from uuid import UUID

from chassis.bff import Backends, Caller, Page, Router, optional, together
from shop_web.answers import (
    Account,
    Cart,
    CatalogRow,
    Home,
    Order,
    OrderHistoryRow,
    OrdersByOrderId,
    Payment,
    Shipment,
)

router = Router()


@router.get("/home")
async def home(backends: Backends, caller: Caller) -> Home:
    """Return products and cart in one response."""
    async with together() as parts:
        products = parts.create_task(
            backends.get(Page[CatalogRow], "catalog", "/browse", listed=True)
        )
        cart = parts.create_task(optional(backends.get(Cart, "cart", f"/carts/{caller.id}")))
    return Home(products=products.result(), cart=cart.result())


@router.get("/account")
async def account(backends: Backends, caller: Caller) -> Account:
    """Return orders."""
    return Account(
        orders=await backends.get(
            Page[OrderHistoryRow], "order_history", "/orders-of-customer", customer_id=caller.id
        )
    )


@router.get("/orders/{order_id}")
async def orders_by_order_id(order_id: UUID, backends: Backends) -> OrdersByOrderId:
    """Return order, payment and parcel in one response."""
    async with together() as parts:
        order = parts.create_task(backends.get(Order, "order", f"/orders/{order_id}"))
        payment = parts.create_task(
            optional(backends.get(Payment, "payment", "/payment-of-order", order_id=order_id))
        )
        parcel = parts.create_task(
            optional(backends.get(Shipment, "shipping", "/parcel-of-order", order_id=order_id))
        )
    return OrdersByOrderId(order=order.result(), payment=payment.result(), parcel=parcel.result())
