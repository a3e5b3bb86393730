# scaffolded by meshgen - yours to edit
"""Scenarios of the payment aggregate: given, when, then."""

from decimal import Decimal

import pytest

from chassis.testing import Scenario, example_id
from shop_contracts.payment import (
    CapturePayment,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    RefundPayment,
)
from shop_payment.domain.payment import decide, evolve
from shop_payment.ports import Authorize, AuthorizeAnswer

ORDER_ID = example_id("order_id")
CUSTOMER_ID = example_id("customer_id")
CAPTURE_PAYMENT = CapturePayment(order_id=ORDER_ID, customer_id=CUSTOMER_ID, amount=Decimal(10))
PAYMENT_CAPTURED = PaymentCaptured(order_id=ORDER_ID, customer_id=CUSTOMER_ID, amount=Decimal(10))
PAYMENT_DECLINED = PaymentDeclined(
    order_id=ORDER_ID, customer_id=CUSTOMER_ID, amount=Decimal(10), reason="a reason"
)
REFUND_PAYMENT = RefundPayment(order_id=ORDER_ID)
PAYMENT_REFUNDED = PaymentRefunded(order_id=ORDER_ID, amount=Decimal(10))


@pytest.fixture
def payment() -> Scenario:
    return Scenario(decide, evolve)


def test_capture_payment_emits_payment_captured(payment: Scenario) -> None:
    payment.given_answer(
        Authorize(order_id=ORDER_ID, amount=Decimal(10)),
        AuthorizeAnswer(approved=True, reason="a reason"),
    ).when(CAPTURE_PAYMENT).then(PAYMENT_CAPTURED)


def test_capture_payment_emits_payment_declined(payment: Scenario) -> None:
    payment.given_answer(
        Authorize(order_id=ORDER_ID, amount=Decimal(10)),
        AuthorizeAnswer(approved=False, reason="a reason"),
    ).when(CAPTURE_PAYMENT).then(PAYMENT_DECLINED)


def test_capture_payment_requires_a_new_payment(payment: Scenario) -> None:
    payment.given(PAYMENT_CAPTURED).when(CAPTURE_PAYMENT).refused("already_exists")


def test_refund_payment_emits_payment_refunded(payment: Scenario) -> None:
    payment.given(PAYMENT_CAPTURED).when(REFUND_PAYMENT).then(PAYMENT_REFUNDED)


def test_refund_payment_requires_a_payment_that_is_captured(payment: Scenario) -> None:
    payment.given(PAYMENT_DECLINED).when(REFUND_PAYMENT).refused("payment_is_captured")


def test_refund_payment_requires_an_existing_payment(payment: Scenario) -> None:
    payment.when(REFUND_PAYMENT).refused("not_found")
