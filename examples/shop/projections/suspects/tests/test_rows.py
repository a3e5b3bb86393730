# scaffolded by meshgen - yours to edit
"""The effects of events on the rows of suspects."""

from datetime import UTC, datetime
from decimal import Decimal

from chassis.testing import NOW, example_id
from shop_contracts.fraud_watch import FraudSuspected
from shop_suspects.rows import SuspectsRow, project

CUSTOMER_ID = example_id("customer_id")
FRAUD_SUSPECTED = FraudSuspected(
    customer_id=CUSTOMER_ID,
    window_start=NOW,
    window_end=datetime(2030, 1, 1, 12, 10, tzinfo=UTC),
    declined=3,
    amount=Decimal(30),
    largest=Decimal(10),
)

ROW = SuspectsRow(customer_id=CUSTOMER_ID, suspicions=1, amount=Decimal(30))


def test_fraud_suspected() -> None:
    assert project(None, FRAUD_SUSPECTED) == ROW
