# scaffolded by meshgen - yours to edit
"""The rows of catalog, and the effects of events on them."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias, assert_never
from uuid import UUID

from shop_contracts.inventory import StockReceived, StockReleased, StockReserved
from shop_contracts.product import PriceChanged, ProductDelisted, ProductListed

CatalogRowEvent: TypeAlias = (
    ProductListed | PriceChanged | ProductDelisted | StockReceived | StockReserved | StockReleased
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRow:
    """A row of catalog."""

    product_id: UUID
    name: str = ""
    category: str = ""
    price: Decimal = Decimal("0")
    listed: bool = False
    available: int = 0


def project(row: CatalogRow | None, event: CatalogRowEvent) -> CatalogRow | None:
    """Return the row as it is after `event`, or None if there is none."""
    match event:
        case ProductListed():
            row = row or CatalogRow(product_id=event.product_id)
            return replace(
                row, name=event.name, category=event.category, price=event.price, listed=True
            )
        case PriceChanged():
            return replace(row, price=event.price) if row else None
        case ProductDelisted():
            return replace(row, listed=False) if row else None
        case StockReceived():
            row = row or CatalogRow(product_id=event.product_id)
            return replace(row, available=row.available + event.quantity)
        case StockReserved():
            return replace(row, available=row.available - event.quantity) if row else None
        case StockReleased():
            return replace(row, available=row.available + event.quantity) if row else None
        case _:
            assert_never(event)
