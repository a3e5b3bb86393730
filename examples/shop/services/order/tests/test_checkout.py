# scaffolded by meshgen - yours to edit
"""The checkout saga: its success, and its compensations after a failure."""

from decimal import Decimal

import pytest

from chassis.testing import NOW, SagaScenario, example_id
from shop_contracts.inventory import ReleaseStock, ReserveStock, StockRejected, StockReserved
from shop_contracts.order import CancelOrder, ConfirmOrder, OrderConfirmed, OrderPlaced
from shop_contracts.payment import CapturePayment, PaymentCaptured, PaymentDeclined
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
CANCEL_ORDER = CancelOrder(order_id=ORDER_ID, reason="stock rejected")
PAYMENT_DECLINED = PaymentDeclined(
    order_id=ORDER_ID, customer_id=CUSTOMER_ID, amount=Decimal(10), reason="a reason"
)
RELEASE_STOCK = ReleaseStock(product_id=PRODUCT_ID, order_id=ORDER_ID)
CANCEL_ORDER_2 = CancelOrder(order_id=ORDER_ID, reason="a reason")


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
    checkout.ends()


def test_checkout_is_compensated_after_payment_declined(checkout: SagaScenario) -> None:
    checkout.sends(RESERVE_STOCK)
    checkout.answers(RESERVE_STOCK, STOCK_RESERVED)
    checkout.sends(CAPTURE_PAYMENT)
    checkout.answers(CAPTURE_PAYMENT, PAYMENT_DECLINED)
    checkout.sends(RELEASE_STOCK, CANCEL_ORDER_2)
    checkout.ends()
