# scaffolded by meshgen - yours to edit
"""The endpoints of web, which combine the responses of several services."""

from uuid import UUID

from chassis.bff import Backends, Caller, Commands, Cursor, Page, Router, optional, together
from shop_web.models import (
    Account,
    Cart,
    CatalogRow,
    CheckOutOutcome,
    Home,
    Order,
    OrderHistoryRow,
    OrdersByOrderId,
    Payment,
    PutItem,
    PutItemOutcome,
    Shipment,
    TakeItemOutOutcome,
)

router = Router()


@router.get("/home")
async def home(backends: Backends, caller: Caller, cursor: Cursor) -> Home:
    """Return products and cart in one response."""
    async with together() as parts:
        products = parts.create_task(
            backends.get(Page[CatalogRow], "catalog", "/catalog", listed=True, cursor=cursor)
        )
        cart = parts.create_task(optional(backends.get(Cart, "cart", f"/carts/{caller.id}")))
    return Home(products=products.result(), cart=cart.result())


@router.get("/account")
async def account(backends: Backends, caller: Caller, cursor: Cursor) -> Account:
    """Return orders."""
    return Account(
        orders=await backends.get(
            Page[OrderHistoryRow],
            "order_history",
            "/order-history",
            customer_id=caller.id,
            cursor=cursor,
        )
    )


@router.get("/orders/{order_id}")
async def orders_by_order_id(order_id: UUID, backends: Backends) -> OrdersByOrderId:
    """Return order, payment and parcel in one response."""
    async with together() as parts:
        order = parts.create_task(backends.get(Order, "order", f"/orders/{order_id}"))
        payment = parts.create_task(
            optional(
                backends.get(Payment, "payment", "/payments/payment-of-order", order_id=order_id)
            )
        )
        parcel = parts.create_task(
            optional(
                backends.get(Shipment, "shipping", "/shipments/parcel-of-order", order_id=order_id)
            )
        )
    return OrdersByOrderId(order=order.result(), payment=payment.result(), parcel=parcel.result())


@router.command("POST", "/cart/items", rules=("product_is_listed",), upserts=True)
async def put_item(commands: Commands, caller: Caller, body: PutItem) -> PutItemOutcome:
    """Put item."""
    return await commands.send(PutItemOutcome, "cart", f"/carts/{caller.id}/put-item", body)


@router.command("DELETE", "/cart/items/{product_id}", rules=("item_is_in_cart",))
async def take_item_out(product_id: UUID, commands: Commands, caller: Caller) -> TakeItemOutOutcome:
    """Take item out."""
    return await commands.send(
        TakeItemOutOutcome, "cart", f"/carts/{caller.id}/take-item-out", product_id=product_id
    )


@router.command("POST", "/checkout", rules=("cart_is_not_empty",))
async def check_out(commands: Commands, caller: Caller) -> CheckOutOutcome:
    """Check out."""
    return await commands.send(CheckOutOutcome, "cart", f"/carts/{caller.id}/check-out")
