# scaffolded by meshgen - yours to edit
"""The cart aggregate: its state, its decisions and the effects of its events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never
from uuid import UUID

from chassis.domain import Context, existing, require
from shop_cart.replicas import Product
from shop_contracts.cart import (
    CartCheckedOut,
    CheckOut,
    ItemPutInCart,
    ItemTakenOut,
    PutItem,
    TakeItemOut,
)
from shop_contracts.types import CartItem, OrderLine

CartCommand: TypeAlias = PutItem | TakeItemOut | CheckOut
CartEvent: TypeAlias = ItemPutInCart | ItemTakenOut | CartCheckedOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """The state of a cart."""

    customer_id: UUID
    items: Mapping[UUID, CartItem] = field(default_factory=dict)


def decide(command: CartCommand, cart: Cart | None, context: Context) -> Iterator[CartEvent]:
    """Yield the events that `command` causes, or refuse it."""
    match command:
        case PutItem():
            product = context.get(Product, command.product_id)
            require(product.listed, "product_is_listed")
            yield ItemPutInCart(
                customer_id=command.customer_id,
                product_id=command.product_id,
                quantity=command.quantity,
                unit_price=product.price,
            )
        case TakeItemOut():
            cart = existing(cart)
            require(command.product_id in cart.items, "item_is_in_cart")
            yield ItemTakenOut(customer_id=command.customer_id, product_id=command.product_id)
        case CheckOut():
            cart = existing(cart)
            require(len(cart.items) > 0, "cart_is_not_empty")
            yield CartCheckedOut(
                customer_id=command.customer_id,
                checkout_id=context.new_id(),
                lines=[
                    OrderLine(product_id=key, quantity=item.quantity, unit_price=item.unit_price)
                    for key, item in cart.items.items()
                ],
            )
        case _:
            assert_never(command)


def evolve(cart: Cart | None, event: CartEvent) -> Cart:
    """Return the cart as it is after `event`."""
    match event:
        case ItemPutInCart():
            cart = cart or Cart(customer_id=event.customer_id)
            return replace(
                cart,
                items={
                    **cart.items,
                    event.product_id: CartItem(
                        quantity=event.quantity, unit_price=event.unit_price
                    ),
                },
            )
        case ItemTakenOut():
            cart = existing(cart)
            return replace(
                cart,
                items={key: item for key, item in cart.items.items() if key != event.product_id},
            )
        case CartCheckedOut():
            return replace(existing(cart), items={})
        case _:
            assert_never(event)
