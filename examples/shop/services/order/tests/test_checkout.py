# scaffolded by meshgen - yours to edit
"""The checkout saga: its success, and its compensations after a failure."""

from decimal import Decimal

import pytest

from chassis.messages import CommandRefused
from chassis.testing import NOW, SagaScenario, example_id
from shop_contracts.inventory import (
    ReleaseStock,
    ReserveStock,
    StockRejected,
    StockReleased,
    StockReserved,
)
from shop_contracts.order import (
    CancelOrder,
    ConfirmOrder,
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
)
from shop_contracts.payment import (
    CapturePayment,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    RefundPayment,
)
from shop_contracts.types import OrderLine
from shop_order.sagas.checkout import saga

ORDER_ID = example_id("order_id")
CUSTOMER_ID = example_id("customer_id")
PRODUCT_ID = example_id("product_id")
ORDER_PLACED = OrderPlaced(
    order_id=ORDER_ID,
    customer_id=CUSTOMER_ID,
    lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))],
    total=Decimal(10),
    placed_at=NOW,
)
STOCK_RESERVED = StockReserved(product_id=PRODUCT_ID, order_id=ORDER_ID, quantity=1)
RESERVE_STOCK = ReserveStock(product_id=PRODUCT_ID, order_id=ORDER_ID, quantity=1)
PAYMENT_CAPTURED = PaymentCaptured(order_id=ORDER_ID, customer_id=CUSTOMER_ID, amount=Decimal(10))
CAPTURE_PAYMENT = CapturePayment(order_id=ORDER_ID, customer_id=CUSTOMER_ID, amount=Decimal(10))
ORDER_CONFIRMED = OrderConfirmed(order_id=ORDER_ID, customer_id=CUSTOMER_ID)
CONFIRM_ORDER = ConfirmOrder(order_id=ORDER_ID)
STOCK_REJECTED = StockRejected(product_id=PRODUCT_ID, order_id=ORDER_ID, quantity=1)
ORDER_CANCELLED = OrderCancelled(order_id=ORDER_ID, reason="stock rejected")
CANCEL_ORDER = CancelOrder(order_id=ORDER_ID, reason="stock rejected")
PAYMENT_DECLINED = PaymentDeclined(
    order_id=ORDER_ID, customer_id=CUSTOMER_ID, amount=Decimal(10), reason="a reason"
)
STOCK_RELEASED = StockReleased(product_id=PRODUCT_ID, order_id=ORDER_ID, quantity=1)
RELEASE_STOCK = ReleaseStock(product_id=PRODUCT_ID, order_id=ORDER_ID)
ORDER_CANCELLED_2 = OrderCancelled(order_id=ORDER_ID, reason="a reason")
CANCEL_ORDER_2 = CancelOrder(order_id=ORDER_ID, reason="a reason")
COMMAND_REFUSED = CommandRefused(command="ConfirmOrder", rule="order_is_open")
PAYMENT_REFUNDED = PaymentRefunded(order_id=ORDER_ID, amount=Decimal(10))
REFUND_PAYMENT = RefundPayment(order_id=ORDER_ID)
ORDER_CANCELLED_3 = OrderCancelled(order_id=ORDER_ID, reason="order_is_open")
CANCEL_ORDER_3 = CancelOrder(order_id=ORDER_ID, reason="order_is_open")
ORDER_CANCELLED_4 = OrderCancelled(order_id=ORDER_ID, reason="deadline passed")
CANCEL_ORDER_4 = CancelOrder(order_id=ORDER_ID, reason="deadline passed")


@pytest.fixture
def checkout() -> SagaScenario:
    return SagaScenario(saga).starts(ORDER_PLACED)


def test_checkout_completes(checkout: SagaScenario) -> None:
    checkout.sends(RESERVE_STOCK)
    checkout.answers(RESERVE_STOCK, STOCK_RESERVED)
    checkout.sends(CAPTURE_PAYMENT)
    checkout.answers(CAPTURE_PAYMENT, PAYMENT_CAPTURED)
    checkout.sends(CONFIRM_ORDER)
    checkout.answers(CONFIRM_ORDER, ORDER_CONFIRMED)
    checkout.ends()


def test_checkout_is_compensated_after_stock_rejected(checkout: SagaScenario) -> None:
    checkout.sends(RESERVE_STOCK)
    checkout.answers(RESERVE_STOCK, STOCK_REJECTED)
    checkout.sends(CANCEL_ORDER)
    checkout.answers(CANCEL_ORDER, ORDER_CANCELLED)
    checkout.ends()


def test_checkout_is_compensated_after_payment_declined(checkout: SagaScenario) -> None:
    checkout.sends(RESERVE_STOCK)
    checkout.answers(RESERVE_STOCK, STOCK_RESERVED)
    checkout.sends(CAPTURE_PAYMENT)
    checkout.answers(CAPTURE_PAYMENT, PAYMENT_DECLINED)
    checkout.sends(RELEASE_STOCK)
    checkout.answers(RELEASE_STOCK, STOCK_RELEASED)
    checkout.sends(CANCEL_ORDER_2)
    checkout.answers(CANCEL_ORDER_2, ORDER_CANCELLED_2)
    checkout.ends()


def test_checkout_is_compensated_after_confirm_order_is_refused(checkout: SagaScenario) -> None:
    checkout.sends(RESERVE_STOCK)
    checkout.answers(RESERVE_STOCK, STOCK_RESERVED)
    checkout.sends(CAPTURE_PAYMENT)
    checkout.answers(CAPTURE_PAYMENT, PAYMENT_CAPTURED)
    checkout.sends(CONFIRM_ORDER)
    checkout.answers(CONFIRM_ORDER, COMMAND_REFUSED)
    checkout.sends(REFUND_PAYMENT)
    checkout.answers(REFUND_PAYMENT, PAYMENT_REFUNDED)
    checkout.sends(RELEASE_STOCK)
    checkout.answers(RELEASE_STOCK, STOCK_RELEASED)
    checkout.sends(CANCEL_ORDER_3)
    checkout.answers(CANCEL_ORDER_3, ORDER_CANCELLED_3)
    checkout.ends()


def test_checkout_is_compensated_after_its_deadline(checkout: SagaScenario) -> None:
    checkout.sends(RESERVE_STOCK)
    checkout.passes_its_deadline()
    checkout.sends()
    checkout.answers(RESERVE_STOCK, STOCK_RESERVED)
    checkout.sends(RELEASE_STOCK)
    checkout.answers(RELEASE_STOCK, STOCK_RELEASED)
    checkout.sends(CANCEL_ORDER_4)
    checkout.answers(CANCEL_ORDER_4, ORDER_CANCELLED_4)
    checkout.ends()


def test_checkout_waits_for_confirm_order_past_its_deadline(checkout: SagaScenario) -> None:
    checkout.sends(RESERVE_STOCK)
    checkout.answers(RESERVE_STOCK, STOCK_RESERVED)
    checkout.sends(CAPTURE_PAYMENT)
    checkout.answers(CAPTURE_PAYMENT, PAYMENT_CAPTURED)
    checkout.sends(CONFIRM_ORDER)
    checkout.passes_its_deadline()
    checkout.sends()
    checkout.answers(CONFIRM_ORDER, ORDER_CONFIRMED)
    checkout.ends()
