# scaffolded by meshgen - yours to edit
"""The shipment aggregate: its state, its decisions and the effects of its events."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from chassis.domain import Context, require_new
from shop_contracts.shipping import DispatchParcel, ParcelDispatched

ShipmentCommand: TypeAlias = DispatchParcel
ShipmentEvent: TypeAlias = ParcelDispatched


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """The state of a shipment."""

    order_id: UUID
    customer_id: UUID
    tracking_code: UUID
    dispatched_at: datetime


def decide(
    command: ShipmentCommand, shipment: Shipment | None, context: Context
) -> Iterator[ShipmentEvent]:
    """Yield the events that `command` causes, or refuse it."""
    match command:
        case DispatchParcel():
            require_new(shipment)
            yield ParcelDispatched(
                order_id=command.order_id,
                customer_id=command.customer_id,
                tracking_code=context.new_id(),
                dispatched_at=context.now,
            )
        case _:
            assert_never(command)


def evolve(shipment: Shipment | None, event: ShipmentEvent) -> Shipment:
    """Return the shipment as it is after `event`."""
    match event:
        case ParcelDispatched():
            return Shipment(
                order_id=event.order_id,
                customer_id=event.customer_id,
                tracking_code=event.tracking_code,
                dispatched_at=event.dispatched_at,
            )
        case _:
            assert_never(event)
