# scaffolded by meshgen - yours to edit
"""Given / when / then: what may happen to a payment."""

from decimal import Decimal
from uuid import UUID

import pytest

from chassis.testing import Scenario
from shop_contracts.payment import (
    CapturePayment,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    RefundPayment,
)
from shop_payment.domain.payment import decide, evolve
from shop_payment.ports import Authorize, AuthorizeAnswer

ID = UUID(int=0xA000)
CUSTOMER_ID = UUID(int=0xA001)
CAPTURE_PAYMENT = CapturePayment(order_id=ID, customer_id=CUSTOMER_ID, amount=Decimal(10))
PAYMENT_CAPTURED = PaymentCaptured(order_id=ID, customer_id=CUSTOMER_ID, amount=Decimal(10))
PAYMENT_DECLINED = PaymentDeclined(
    order_id=ID, customer_id=CUSTOMER_ID, amount=Decimal(10), reason="a reason"
)
REFUND_PAYMENT = RefundPayment(order_id=ID)
PAYMENT_REFUNDED = PaymentRefunded(order_id=ID, amount=Decimal(10))


@pytest.fixture
def payment() -> Scenario:
    return Scenario(decide, evolve)


def test_capture_payment_leads_to_payment_captured(payment: Scenario) -> None:
    payment.answering(
        Authorize(order_id=ID, amount=Decimal(10)),
        AuthorizeAnswer(approved=True, reason="a reason"),
    ).when(CAPTURE_PAYMENT).then(PAYMENT_CAPTURED)


def test_capture_payment_leads_to_payment_declined(payment: Scenario) -> None:
    payment.answering(
        Authorize(order_id=ID, amount=Decimal(10)),
        AuthorizeAnswer(approved=False, reason="a reason"),
    ).when(CAPTURE_PAYMENT).then(PAYMENT_DECLINED)


def test_capture_payment_is_refused_when_there_is_one_already(payment: Scenario) -> None:
    payment.given(PAYMENT_CAPTURED).when(CAPTURE_PAYMENT).refused("already_exists")


def test_refund_payment_leads_to_payment_refunded(payment: Scenario) -> None:
    payment.given(PAYMENT_CAPTURED).when(REFUND_PAYMENT).then(PAYMENT_REFUNDED)


def test_refund_payment_is_refused_unless_payment_is_captured(payment: Scenario) -> None:
    payment.given(PAYMENT_DECLINED).when(REFUND_PAYMENT).refused("payment_is_captured")


def test_refund_payment_is_refused_when_there_is_none(payment: Scenario) -> None:
    payment.when(REFUND_PAYMENT).refused("not_found")
