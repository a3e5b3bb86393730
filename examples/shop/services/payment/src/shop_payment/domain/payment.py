# scaffolded by meshgen - yours to edit
"""The payment aggregate: its state, its decisions and the effects of its events."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias, assert_never
from uuid import UUID

from chassis.domain import Context, existing, require, require_new
from shop_contracts.payment import (
    CapturePayment,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    RefundPayment,
)
from shop_contracts.types import PaymentStatus
from shop_payment.ports import Authorize

PaymentCommand: TypeAlias = CapturePayment | RefundPayment
PaymentEvent: TypeAlias = PaymentCaptured | PaymentDeclined | PaymentRefunded


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The state of a payment."""

    order_id: UUID
    customer_id: UUID
    amount: Decimal
    status: PaymentStatus
    reason: str | None = None


def decide(
    command: PaymentCommand, payment: Payment | None, context: Context
) -> Iterator[PaymentEvent]:
    """Yield the events that `command` causes, or refuse it."""
    match command:
        case CapturePayment():
            require_new(payment)
            authorization = context.ask(Authorize(order_id=command.order_id, amount=command.amount))
            if authorization.approved:
                yield PaymentCaptured(
                    order_id=command.order_id,
                    customer_id=command.customer_id,
                    amount=command.amount,
                )
            else:
                yield PaymentDeclined(
                    order_id=command.order_id,
                    customer_id=command.customer_id,
                    amount=command.amount,
                    reason=authorization.reason,
                )
        case RefundPayment():
            payment = existing(payment)
            require(payment.status is PaymentStatus.CAPTURED, "payment_is_captured")
            yield PaymentRefunded(order_id=command.order_id, amount=payment.amount)
        case _:
            assert_never(command)


def evolve(payment: Payment | None, event: PaymentEvent) -> Payment:
    """Return the payment as it is after `event`."""
    match event:
        case PaymentCaptured():
            return Payment(
                order_id=event.order_id,
                customer_id=event.customer_id,
                amount=event.amount,
                status=PaymentStatus.CAPTURED,
            )
        case PaymentDeclined():
            return Payment(
                order_id=event.order_id,
                customer_id=event.customer_id,
                amount=event.amount,
                status=PaymentStatus.DECLINED,
                reason=event.reason,
            )
        case PaymentRefunded():
            return replace(existing(payment), status=PaymentStatus.REFUNDED)
        case _:
            assert_never(event)
