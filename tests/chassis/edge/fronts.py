"""Backends-for-frontends for the tests of this folder."""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from uuid import UUID

from chassis.bff import (
    Answer,
    Backends,
    Bff,
    Body,
    Caller,
    Commands,
    Page,
    Router,
    optional,
    together,
)
from chassis.messages import Value
from pydantic import Field

router = Router()


class Amount(Value):
    """A value object of messages, in which its field was once called `sum`."""

    total: Decimal = Field(alias="sum")


class Product(Answer):
    product_id: str
    name: str
    price: Decimal
    note: str | None = None


class Cart(Answer):
    owner: str
    items: dict[str, int]


class Order(Answer):
    order_id: str
    amount: Amount | None = None


class Home(Answer):
    products: Page[Product]
    cart: Cart | None


class Orders(Answer):
    order: Order


@router.get("/home")
async def home(backends: Backends, caller: Caller) -> Home:
    """Everything at once."""
    async with together() as parts:
        products = parts.create_task(
            backends.get(Page[Product], "catalog", "/browse", listed=True, page=None)
        )
        cart = parts.create_task(optional(backends.get(Cart, "cart", f"/carts/{caller.id}")))
    return Home(products=products.result(), cart=cart.result())


@router.get("/orders/{order_id}")
async def order(order_id: UUID, backends: Backends) -> Orders:
    return Orders(order=await backends.get(Order, "order", f"/orders/{order_id}"))


@router.get("/named/{name:path}")
async def named(name: str, backends: Backends) -> Orders:
    return Orders(order=await backends.get(Order, "order", f"/things/{name}", text="a b&c=d"))


class Fed(Answer):
    order: Order
    cart: Cart | None
    products: Page[Product] | None
    more: Page[Product]


@router.get("/fed/{order_id}")
async def fed(order_id: str, backends: Backends) -> Fed:
    """A chain of parts, the second of which may be missing, and one that waits for none."""
    async with together() as parts:
        order = parts.create_task(backends.get(Order, "order", f"/orders/{order_id}"))

        async def get_cart() -> Cart | None:
            return await optional(backends.get(Cart, "cart", f"/carts/{(await order).order_id}"))

        cart = parts.create_task(get_cart())

        async def get_products() -> Page[Product] | None:
            if (cart_found := await cart) is None:
                return None
            return await optional(
                backends.get(Page[Product], "catalog", "/browse", of=cart_found.owner)
            )

        products = parts.create_task(get_products())
        more = parts.create_task(backends.get(Page[Product], "catalog", "/more"))
    return Fed(
        order=order.result(), cart=cart.result(), products=products.result(), more=more.result()
    )


class PutItem(Body):
    product_id: UUID
    quantity: Annotated[int, Field(ge=1, le=99)]
    price: Decimal | None = None


class PutItemOutcome(Answer):
    customer_id: UUID
    version: int
    events: list[str]


@router.command("POST", "/cart/items", rules=("product_is_listed",), upserts=True)
async def put_item(commands: Commands, caller: Caller, body: PutItem) -> PutItemOutcome:
    """Put something in the cart."""
    return await commands.send(
        PutItemOutcome, "cart", f"/carts/{caller.id}/put-item", body, by=caller.id
    )


@router.command("DELETE", "/home")
async def empty(commands: Commands, caller: Caller) -> PutItemOutcome:
    return await commands.send(PutItemOutcome, "cart", f"/carts/{caller.id}", None, "DELETE")


bff = Bff(name="web", calls=("catalog", "cart", "order"), routers=(router,))


slow_router = Router()


@slow_router.get("/slow")
async def slow() -> dict[str, bool]:
    """Says by a file that it has begun, and ends when another one is there."""
    folder = Path(os.environ["DATA_DIR"])
    (folder / "begun").touch()
    while not (folder / "finish").exists():  # noqa: ASYNC110 - the test is another process
        await asyncio.sleep(0.01)
    return {"done": True}


@slow_router.get("/broken")
async def broken() -> dict[str, bool]:
    raise RuntimeError("the password is hunter2")


lonely = Bff(name="lonely", calls=(), routers=(slow_router,))
nothing = object()
