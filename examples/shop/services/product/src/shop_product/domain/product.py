# scaffolded by meshgen - yours to edit
"""The product aggregate: its state, its decisions and the effects of its events."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias, assert_never
from uuid import UUID

from chassis.domain import Context, existing, require, require_new
from shop_contracts.product import (
    ChangePrice,
    DelistProduct,
    ListProduct,
    PriceChanged,
    ProductDelisted,
    ProductListed,
)

# A price may double at once, not more: that catches a slip of the decimal point.
MOST_RISE = 2

ProductCommand: TypeAlias = ListProduct | ChangePrice | DelistProduct
ProductEvent: TypeAlias = ProductListed | PriceChanged | ProductDelisted


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The state of a product."""

    product_id: UUID
    name: str
    category: str
    price: Decimal
    listed: bool


def decide(
    command: ProductCommand, product: Product | None, context: Context
) -> Iterator[ProductEvent]:
    """Yield the events that `command` causes, or refuse it."""
    match command:
        case ListProduct():
            require_new(product)
            yield ProductListed(
                product_id=command.product_id,
                name=command.name,
                category=command.category,
                price=command.price,
            )
        case ChangePrice():
            product = existing(product)
            require(product.listed, "product_is_listed")
            require(command.price <= product.price * MOST_RISE, "price_rise_is_moderate")
            yield PriceChanged(product_id=command.product_id, price=command.price)
        case DelistProduct():
            product = existing(product)
            require(product.listed, "product_is_listed")
            yield ProductDelisted(product_id=command.product_id)
        case _:
            assert_never(command)


def evolve(product: Product | None, event: ProductEvent) -> Product:
    """Return the product as it is after `event`."""
    match event:
        case ProductListed():
            return Product(
                product_id=event.product_id,
                name=event.name,
                category=event.category,
                price=event.price,
                listed=True,
            )
        case PriceChanged():
            return replace(existing(product), price=event.price)
        case ProductDelisted():
            return replace(existing(product), listed=False)
        case _:
            assert_never(event)
