# scaffolded by meshgen - yours to edit
"""The windows of sales_per_minute, and what events add to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from shop_contracts.order import OrderPlaced


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesPerMinuteRow:
    """A window of sales_per_minute."""

    product_id: UUID
    window_start: datetime
    window_end: datetime
    units: int
    revenue: Decimal
    sales: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesPerMinuteEntry:
    """What is added to a window: its key, and the values of its aggregates."""

    product_id: UUID
    units: int
    revenue: Decimal


def entries(event: OrderPlaced) -> Iterator[SalesPerMinuteEntry]:
    """Return what `event` adds to the windows that it is in."""
    for line in event.lines:
        yield SalesPerMinuteEntry(
            product_id=line.product_id, units=line.quantity, revenue=line.quantity * line.unit_price
        )
