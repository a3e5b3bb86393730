# scaffolded by meshgen - yours to edit
"""The rows of order_history, and the effects of events on them."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias, assert_never
from uuid import UUID

from shop_contracts.order import OrderCancelled, OrderConfirmed, OrderPlaced, OrderShipped
from shop_contracts.types import OrderStatus

OrderHistoryRowEvent: TypeAlias = OrderPlaced | OrderConfirmed | OrderShipped | OrderCancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHistoryRow:
    """A row of order_history."""

    customer_id: UUID
    order_id: UUID
    placed_at: datetime
    total: Decimal
    status: OrderStatus


def project(row: OrderHistoryRow | None, event: OrderHistoryRowEvent) -> OrderHistoryRow | None:
    """Return the row as it is after `event`, or None if there is none."""
    match event:
        case OrderPlaced():
            return OrderHistoryRow(
                customer_id=event.customer_id,
                order_id=event.order_id,
                placed_at=event.placed_at,
                total=event.total,
                status=OrderStatus.PLACED,
            )
        case OrderConfirmed():
            return replace(row, status=OrderStatus.CONFIRMED) if row else None
        case OrderShipped():
            return replace(row, status=OrderStatus.SHIPPED) if row else None
        case OrderCancelled():
            return replace(row, status=OrderStatus.CANCELLED) if row else None
        case _:
            assert_never(event)
