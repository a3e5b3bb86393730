# scaffolded by meshgen - yours to edit
"""The stock item aggregate: its state, its decisions and the effects of its events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never
from uuid import UUID

from chassis.domain import Context, existing, require
from shop_contracts.inventory import (
    IssueStock,
    ReceiveStock,
    ReleaseStock,
    ReserveStock,
    StockIssued,
    StockReceived,
    StockRejected,
    StockReleased,
    StockReserved,
)

StockItemCommand: TypeAlias = ReceiveStock | ReserveStock | ReleaseStock | IssueStock
StockItemEvent: TypeAlias = (
    StockReceived | StockReserved | StockRejected | StockReleased | StockIssued
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockItem:
    """The state of a stock item."""

    product_id: UUID
    on_hand: int = 0
    reservations: Mapping[UUID, int] = field(default_factory=dict)


def decide(
    command: StockItemCommand, stock_item: StockItem | None, context: Context
) -> Iterator[StockItemEvent]:
    """Yield the events that `command` causes, or refuse it."""
    match command:
        case ReceiveStock():
            yield StockReceived(product_id=command.product_id, quantity=command.quantity)
        case ReserveStock():
            stock_item = existing(stock_item)
            if stock_item.on_hand - sum(stock_item.reservations.values()) >= command.quantity:
                yield StockReserved(
                    product_id=command.product_id,
                    order_id=command.order_id,
                    quantity=command.quantity,
                )
            else:
                yield StockRejected(
                    product_id=command.product_id,
                    order_id=command.order_id,
                    quantity=command.quantity,
                )
        case ReleaseStock():
            stock_item = existing(stock_item)
            require(command.order_id in stock_item.reservations, "stock_is_reserved")
            yield StockReleased(
                product_id=command.product_id,
                order_id=command.order_id,
                quantity=stock_item.reservations[command.order_id],
            )
        case IssueStock():
            stock_item = existing(stock_item)
            require(command.order_id in stock_item.reservations, "stock_is_reserved")
            yield StockIssued(
                product_id=command.product_id,
                order_id=command.order_id,
                quantity=stock_item.reservations[command.order_id],
            )
        case _:
            assert_never(command)


def evolve(stock_item: StockItem | None, event: StockItemEvent) -> StockItem:
    """Return the stock item as it is after `event`."""
    match event:
        case StockReceived():
            stock_item = stock_item or StockItem(product_id=event.product_id)
            return replace(stock_item, on_hand=stock_item.on_hand + event.quantity)
        case StockReserved():
            stock_item = existing(stock_item)
            return replace(
                stock_item, reservations={**stock_item.reservations, event.order_id: event.quantity}
            )
        case StockRejected():
            return existing(stock_item)
        case StockReleased():
            stock_item = existing(stock_item)
            return replace(
                stock_item,
                reservations={
                    key: n for key, n in stock_item.reservations.items() if key != event.order_id
                },
            )
        case StockIssued():
            stock_item = existing(stock_item)
            return replace(
                stock_item,
                on_hand=stock_item.on_hand - event.quantity,
                reservations={
                    key: n for key, n in stock_item.reservations.items() if key != event.order_id
                },
            )
        case _:
            assert_never(event)
