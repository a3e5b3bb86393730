# scaffolded by meshgen - yours to edit
"""The order aggregate: its state, its decisions and the effects of its events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias, assert_never
from uuid import UUID

from chassis.domain import Context, existing, require, require_new
from shop_contracts.order import (
    CancelOrder,
    ConfirmOrder,
    MarkShipped,
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
    OrderShipped,
    PlaceOrder,
)
from shop_contracts.types import OrderLine, OrderStatus

OrderCommand: TypeAlias = PlaceOrder | ConfirmOrder | MarkShipped | CancelOrder
OrderEvent: TypeAlias = OrderPlaced | OrderConfirmed | OrderShipped | OrderCancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The state of an order."""

    order_id: UUID
    customer_id: UUID
    lines: Sequence[OrderLine] = ()
    total: Decimal
    status: OrderStatus
    reason: str | None = None


def decide(command: OrderCommand, order: Order | None, context: Context) -> Iterator[OrderEvent]:
    """Yield the events that `command` causes, or refuse it."""
    match command:
        case PlaceOrder():
            require_new(order)
            yield OrderPlaced(
                order_id=command.order_id,
                customer_id=command.customer_id,
                lines=command.lines,
                total=sum((line.quantity * line.unit_price for line in command.lines), Decimal(0)),
                placed_at=context.now,
            )
        case ConfirmOrder():
            order = existing(order)
            require(order.status is OrderStatus.PLACED, "order_is_open")
            yield OrderConfirmed(order_id=command.order_id, customer_id=order.customer_id)
        case MarkShipped():
            order = existing(order)
            require(order.status is OrderStatus.CONFIRMED, "order_is_confirmed")
            yield OrderShipped(order_id=command.order_id, lines=order.lines)
        case CancelOrder():
            order = existing(order)
            require(order.status is OrderStatus.PLACED, "order_is_open")
            yield OrderCancelled(order_id=command.order_id, reason=command.reason)
        case _:
            assert_never(command)


def evolve(order: Order | None, event: OrderEvent) -> Order:
    """Return the order as it is after `event`."""
    match event:
        case OrderPlaced():
            return Order(
                order_id=event.order_id,
                customer_id=event.customer_id,
                lines=event.lines,
                total=event.total,
                status=OrderStatus.PLACED,
            )
        case OrderConfirmed():
            return replace(existing(order), status=OrderStatus.CONFIRMED)
        case OrderShipped():
            return replace(existing(order), status=OrderStatus.SHIPPED)
        case OrderCancelled():
            return replace(existing(order), status=OrderStatus.CANCELLED, reason=event.reason)
        case _:
            assert_never(event)
