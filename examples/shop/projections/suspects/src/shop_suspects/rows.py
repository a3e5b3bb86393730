# scaffolded by meshgen - yours to edit
"""The rows of suspects, and the effects of events on them."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias, assert_never
from uuid import UUID

from shop_contracts.fraud_watch import FraudSuspected

SuspectsRowEvent: TypeAlias = FraudSuspected


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectsRow:
    """A row of suspects."""

    customer_id: UUID
    suspicions: int = 0
    amount: Decimal = Decimal("0")


def project(row: SuspectsRow | None, event: SuspectsRowEvent) -> SuspectsRow | None:
    """Return the row as it is after `event`, or None if there is none."""
    match event:
        case FraudSuspected():
            row = row or SuspectsRow(customer_id=event.customer_id)
            return replace(row, suspicions=row.suspicions + 1, amount=event.amount)
        case _:
            assert_never(event)
