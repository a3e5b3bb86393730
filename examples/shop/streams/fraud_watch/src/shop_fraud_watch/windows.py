# scaffolded by meshgen - yours to edit
"""The windows of fraud_watch, and what events add to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from shop_contracts.payment import PaymentDeclined


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudWatchRow:
    """A window of fraud_watch."""

    customer_id: UUID
    window_start: datetime
    window_end: datetime
    declined: int
    amount: Decimal
    largest: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudWatchEntry:
    """What is added to a window: its key, and the values of its aggregates."""

    customer_id: UUID
    amount: Decimal
    largest: Decimal


def entries(event: PaymentDeclined) -> Iterator[FraudWatchEntry]:
    """Return what `event` adds to the windows that it is in."""
    yield FraudWatchEntry(customer_id=event.customer_id, amount=event.amount, largest=event.amount)


def when_fraud_suspected(row: FraudWatchRow) -> bool:
    """Return the condition of `FraudSuspected`, which happens when it becomes true."""
    return row.declined >= 3 or row.amount >= 1500
