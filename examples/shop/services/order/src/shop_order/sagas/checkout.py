# scaffolded by meshgen - yours to edit
"""The checkout saga: its steps and their compensations."""

from datetime import timedelta

from chassis.saga import FanOut, OnFailure, Saga, Step
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


def reserve_stock(event: OrderPlaced, line: OrderLine) -> ReserveStock:
    """Reserve stock."""
    return ReserveStock(product_id=line.product_id, order_id=event.order_id, quantity=line.quantity)


def release_stock(event: OrderPlaced, line: OrderLine) -> ReleaseStock:
    """Compensate for `ReserveStock`: release stock."""
    return ReleaseStock(product_id=line.product_id, order_id=event.order_id)


def capture_payment(event: OrderPlaced) -> CapturePayment:
    """Capture payment."""
    return CapturePayment(
        order_id=event.order_id, customer_id=event.customer_id, amount=event.total
    )


def refund_payment(event: OrderPlaced) -> RefundPayment:
    """Compensate for `CapturePayment`: refund payment."""
    return RefundPayment(order_id=event.order_id)


def confirm_order(event: OrderPlaced) -> ConfirmOrder:
    """Confirm order."""
    return ConfirmOrder(order_id=event.order_id)


def cancel_order(event: OrderPlaced, failure: str) -> CancelOrder:
    """Cancel order after a failure."""
    return CancelOrder(order_id=event.order_id, reason=failure)


saga = Saga(
    name="checkout",
    starts_on=OrderPlaced,
    id="order_id",
    deadline=timedelta(minutes=15),
    steps=(
        FanOut(
            each=lambda event: event.lines,
            do=reserve_stock,
            done=StockReserved,
            failed=StockRejected,
            undo=release_stock,
            undone=StockReleased,
        ),
        Step(
            do=capture_payment,
            done=PaymentCaptured,
            failed=PaymentDeclined,
            undo=refund_payment,
            undone=PaymentRefunded,
        ),
        Step(do=confirm_order, done=OrderConfirmed),
    ),
    on_failure=OnFailure(do=cancel_order, done=OrderCancelled),
)
