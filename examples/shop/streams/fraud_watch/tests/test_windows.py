# scaffolded by meshgen - yours to edit
"""The windows of fraud_watch, given events."""

from datetime import timedelta
from decimal import Decimal

from chassis.testing import NOW, StreamScenario, example_id
from shop_contracts.fraud_watch import FraudSuspected
from shop_contracts.payment import PaymentDeclined
from shop_fraud_watch.stream import stream
from shop_fraud_watch.windows import FraudWatchRow

CUSTOMER_ID = example_id("customer_id")
ORDER_ID = example_id("order_id")
PAYMENT_DECLINED = PaymentDeclined(
    order_id=ORDER_ID, customer_id=CUSTOMER_ID, amount=Decimal(10), reason="a reason"
)

WINDOWS = stream.window.windows(NOW)
LATE = timedelta(minutes=11)


def test_payment_declined() -> None:
    rows = [
        FraudWatchRow(
            customer_id=CUSTOMER_ID,
            window_start=window.start,
            window_end=window.end,
            declined=1,
            amount=Decimal(10),
            largest=Decimal(10),
        )
        for window in WINDOWS
    ]
    StreamScenario(stream).given(PAYMENT_DECLINED).then(*rows)


def test_payment_declined_twice() -> None:
    rows = [
        FraudWatchRow(
            customer_id=CUSTOMER_ID,
            window_start=window.start,
            window_end=window.end,
            declined=2,
            amount=Decimal(20),
            largest=Decimal(10),
        )
        for window in WINDOWS
    ]
    StreamScenario(stream).given(PAYMENT_DECLINED, PAYMENT_DECLINED).then(*rows)


def test_fraud_suspected() -> None:
    events = [
        FraudSuspected(
            customer_id=CUSTOMER_ID,
            window_start=window.start,
            window_end=window.end,
            declined=3,
            amount=Decimal(30),
            largest=Decimal(10),
        )
        for window in WINDOWS
    ]
    StreamScenario(stream).given(*[PAYMENT_DECLINED] * 3).emits(*events)


def test_a_late_event_does_not_count() -> None:
    StreamScenario(stream).given(PAYMENT_DECLINED, after=LATE).too_late(PAYMENT_DECLINED)
