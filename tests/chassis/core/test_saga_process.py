"""The rules of sagas, as scenarios of the market's checkout."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from chassis.messages import Command, CommandRefused
from chassis.saga import Saga, Step
from chassis.saga.instance import Action, Instance, Progress, Sent, Status
from chassis.saga.process import DEADLINE_PASSED, Process
from chassis.saga.schedule import ATTEMPTS, TimerKind, pause
from chassis.saga.transition import Transition
from chassis.testing import NOW, SagaScenario

from . import market

A, B, C = (UUID(int=n) for n in (1, 2, 3))
ORDER, CUSTOMER = UUID(int=9), UUID(int=8)
CAPTURE = market.CapturePayment(order_id=ORDER, customer_id=CUSTOMER, amount=Decimal(5))
CAPTURED = market.PaymentCaptured(order_id=ORDER, customer_id=CUSTOMER, amount=Decimal(5))
REFUND, REFUNDED = market.RefundPayment(order_id=ORDER), market.PaymentRefunded(order_id=ORDER)
CONFIRM, CONFIRMED = market.ConfirmOrder(order_id=ORDER), market.OrderConfirmed(order_id=ORDER)


def placed(*products: UUID) -> market.OrderPlaced:
    return market.OrderPlaced(
        order_id=ORDER,
        customer_id=CUSTOMER,
        lines=[market.Line(product_id=product, quantity=1) for product in products],
        total=Decimal(5),
        placed_at=datetime(2030, 1, 1, tzinfo=UTC),
    )


def checkout(*products: UUID) -> SagaScenario:
    return SagaScenario(market.checkout()).starts(placed(*products))


def reserve(product: UUID) -> market.ReserveStock:
    return market.ReserveStock(product_id=product, order_id=ORDER, quantity=1)


def reserved(product: UUID) -> market.StockReserved:
    return market.StockReserved(product_id=product, order_id=ORDER, quantity=1)


def rejected(product: UUID) -> market.StockRejected:
    return market.StockRejected(product_id=product, order_id=ORDER)


def release(product: UUID) -> market.ReleaseStock:
    return market.ReleaseStock(product_id=product, order_id=ORDER)


def released(product: UUID) -> market.StockReleased:
    return market.StockReleased(product_id=product, order_id=ORDER)


def cancel(reason: str) -> market.CancelOrder:
    return market.CancelOrder(order_id=ORDER, reason=reason)


def cancelled(reason: str) -> market.OrderCancelled:
    return market.OrderCancelled(order_id=ORDER, reason=reason)


def refused(command: Command, rule: str = "rule") -> CommandRefused:
    return CommandRefused(command=type(command).__name__, rule=rule)


def at_the_pivot() -> SagaScenario:
    """One product is reserved and paid, the confirmation is on its way."""
    saga = checkout(A)
    saga.sends(reserve(A))
    saga.answers(reserve(A), reserved(A))
    saga.sends(CAPTURE)
    saga.answers(CAPTURE, CAPTURED)
    saga.sends(CONFIRM)
    return saga


def is_undone(saga: SagaScenario, reason: str) -> None:
    """What is done at the pivot is undone."""
    saga.sends(REFUND)
    saga.answers(REFUND, REFUNDED)
    saga.sends(release(A))
    saga.answers(release(A), released(A))
    saga.sends(cancel(reason))
    saga.answers(cancel(reason), cancelled(reason))
    saga.ends()


def test_a_step_fans_out_and_waits_for_all() -> None:
    saga = checkout(A, B)
    saga.sends(reserve(A), reserve(B))
    saga.answers(reserve(A), reserved(A))
    saga.sends()
    saga.answers(reserve(B), reserved(B))
    saga.sends(CAPTURE)


def test_the_last_answer_completes_it() -> None:
    saga = at_the_pivot()
    saga.answers(CONFIRM, CONFIRMED)
    saga.ends()


def test_a_step_without_items_is_passed_over() -> None:
    checkout().sends(CAPTURE)


def test_a_failure_waits_for_the_others_then_undoes_them_in_reverse() -> None:
    saga = checkout(A, B, C)
    saga.sends(reserve(A), reserve(B), reserve(C))
    saga.answers(reserve(B), rejected(B))
    saga.answers(reserve(A), reserved(A))
    saga.sends()
    saga.answers(reserve(C), reserved(C))
    saga.sends(release(C), release(A))
    saga.answers(release(A), released(A))
    saga.sends()
    saga.answers(release(C), released(C))
    saga.sends(cancel("stock rejected"))


def test_steps_are_undone_one_after_the_other() -> None:
    saga = at_the_pivot()
    saga.answers(CONFIRM, refused(CONFIRM, "order_is_open"))
    is_undone(saga, "order_is_open")


def test_the_first_failure_is_the_reason() -> None:
    saga = checkout(A, B)
    saga.sends(reserve(A), reserve(B))
    saga.answers(reserve(B), refused(reserve(B), "first"))
    saga.answers(reserve(A), refused(reserve(A), "second"))
    saga.sends(cancel("first"))


def test_the_reason_of_an_event_is_that_of_the_failure() -> None:
    saga = checkout()
    saga.sends(CAPTURE)
    declined = market.PaymentDeclined(**CAPTURED.model_dump(), reason="limit exceeded")
    saga.answers(CAPTURE, declined)
    saga.sends(cancel("limit exceeded"))


def test_after_the_deadline_what_is_done_late_is_undone() -> None:
    saga = checkout(A, B)
    saga.sends(reserve(A), reserve(B))
    saga.answers(reserve(A), reserved(A))
    saga.passes_its_deadline()
    saga.sends()
    saga.answers(reserve(B), reserved(B))
    saga.sends(release(B), release(A))
    saga.answers(release(B), released(B))
    saga.answers(release(A), released(A))
    saga.sends(cancel(DEADLINE_PASSED))
    saga.answers(cancel(DEADLINE_PASSED), cancelled(DEADLINE_PASSED))
    saga.ends()


def test_the_deadline_waits_for_the_pivot() -> None:
    saga = at_the_pivot()
    saga.passes_its_deadline()
    saga.sends()
    saga.answers(CONFIRM, CONFIRMED)
    saga.ends()


def test_after_the_deadline_a_refused_pivot_is_compensated() -> None:
    saga = at_the_pivot()
    saga.passes_its_deadline()
    saga.answers(CONFIRM, refused(CONFIRM, "order_is_open"))
    is_undone(saga, "order_is_open")


def test_a_refused_compensation_is_sent_again_and_then_stuck_until_it_is_resumed() -> None:
    saga = checkout(A, B)
    saga.sends(reserve(A), reserve(B))
    saga.answers(reserve(A), reserved(A))
    saga.answers(reserve(B), rejected(B))
    for _ in range(ATTEMPTS - 1):
        saga.sends(release(A))
        saga.answers(release(A), refused(release(A)))
        saga.sends()
        saga.tries_again()
    saga.sends(release(A))
    saga.answers(release(A), refused(release(A)))
    saga.sends()
    saga.is_stuck()
    saga.is_resumed()
    saga.sends(release(A))
    saga.answers(release(A), refused(release(A)))
    saga.tries_again()
    saga.sends(release(A))
    saga.answers(release(A), released(A))
    saga.sends(cancel("stock rejected"))


def test_what_one_compensation_undid_need_not_be_undone_by_its_twin() -> None:
    """Two lines of one product: the first command releases both, the second one is refused."""
    saga = checkout(A, A)
    saga.sends(reserve(A), reserve(A))
    saga.answers(reserve(A), reserved(A))
    saga.answers(reserve(A), reserved(A))
    saga.sends(CAPTURE)
    saga.answers(CAPTURE, refused(CAPTURE))
    saga.sends(release(A), release(A))
    saga.answers(release(A), released(A))
    saga.answers(release(A), refused(release(A), "stock_is_reserved"))
    saga.sends(cancel("rule"))


def test_it_ends_if_the_last_command_is_refused() -> None:
    """A customer has cancelled the order meanwhile."""
    saga = checkout()
    saga.sends(CAPTURE)
    saga.answers(CAPTURE, refused(CAPTURE))
    saga.sends(cancel("rule"))
    saga.answers(cancel("rule"), refused(cancel("rule"), "order_is_open"))
    saga.ends()


def steps(*kinds: str) -> Saga[market.OrderPlaced]:
    """A saga whose steps have `undo` (u), `failed` (f), both (b), or neither (-)."""
    declared = [replace(step) for step in market.checkout().steps]
    both, plain = declared[1], declared[2]
    assert isinstance(both, Step)
    forms = {
        "b": both,
        "u": replace(both, failed=()),
        "f": replace(both, undo=None, undone=()),
        "-": plain,
    }
    return replace(market.checkout(), steps=tuple(forms[kind] for kind in kinds))


@pytest.mark.parametrize(
    ("kinds", "pivot"),
    [
        *(("-", 0), ("--", 0), ("u-", 1), ("uu", 2), ("b", 1), ("f", 0), ("f-", 0)),
        *(("-f-", 1), ("-u-", 2), ("-u", 2), ("u-f--", 2), ("bb--", 2)),
    ],
)
def test_the_pivot(kinds: str, pivot: int) -> None:
    assert steps(*kinds).pivot == pivot


def test_after_the_pivot_a_refused_command_is_sent_again() -> None:
    saga = SagaScenario(steps("u", "f", "-")).starts(placed())
    saga.sends(CAPTURE)
    saga.answers(CAPTURE, CAPTURED)
    saga.sends(CAPTURE)
    saga.answers(CAPTURE, CAPTURED)
    for _ in range(ATTEMPTS - 1):
        saga.sends(CONFIRM)
        saga.answers(CONFIRM, refused(CONFIRM))
        saga.tries_again()
    saga.passes_its_deadline()
    saga.sends(CONFIRM)
    saga.answers(CONFIRM, refused(CONFIRM))
    saga.is_stuck()
    saga.is_resumed()
    saga.sends(CONFIRM)
    saga.answers(CONFIRM, CONFIRMED)
    saga.ends()


def test_a_pivot_that_is_partly_done_is_completed() -> None:
    """Two parcels: one is on its way and cannot be undone, so the other one has to follow."""
    reserving = replace(market.checkout().steps[0], undo=None, undone=())
    saga = SagaScenario(replace(market.checkout(), steps=(reserving,))).starts(placed(A, B))
    saga.sends(reserve(A), reserve(B))
    saga.answers(reserve(A), rejected(A))
    saga.answers(reserve(B), reserved(B))
    saga.sends()
    saga.tries_again()
    saga.sends(reserve(A))
    saga.answers(reserve(A), reserved(A))
    saga.ends()


# --- transitions ----------------------------------------------------------------------------------

PROCESS = Process(market.checkout())


def begin(*products: UUID, cause: UUID = ORDER) -> Transition:
    event = placed(*products)
    return PROCESS.begin(event, cause=cause, correlation_id=uuid4(), now=NOW)


def ids(transition: Transition) -> set[UUID]:
    return {dispatch.id for dispatch in transition.dispatches}


def test_a_repeated_transition_sends_the_same_ids_and_another_instance_others() -> None:
    assert ids(begin(A, B)) == ids(begin(A, B))
    assert len(ids(begin(A, A))) == 2
    assert not ids(begin(A)) & ids(begin(A, cause=A))
    assert begin(A).instance.id != begin(A, cause=A).instance.id
    assert begin(A).instance.key == begin(A, cause=A).instance.key == str(ORDER)


def test_an_attempt_has_an_id_of_its_own_and_a_later_pause() -> None:
    transition = begin(A)
    instance = replace(transition.instance, step=0, turned_back=True, status=Status.COMPENSATING)
    undo = Sent(id=A, step=0, item=0, action=Action.UNDO)
    instance = replace(instance, sent=(undo,))
    seen, pauses = {A}, []
    for _ in range(4):
        command = instance.sent[0].id
        held = PROCESS.answered(instance, command, refused(release(A), "stock_is_reserved"), NOW)
        assert held is not None
        assert held.instance.refusal == "ReleaseStock: stock_is_reserved"
        due = held.timers[TimerKind.RETRY]
        assert due is not None
        pauses.append(due - NOW)
        again = PROCESS.retry(held.instance, due)
        assert again.timers == {TimerKind.RETRY: None}
        assert not ids(again) & seen
        seen |= ids(again)
        instance = again.instance
    assert pauses == [timedelta(seconds=s) for s in (1, 2, 4, 8)]
    assert pause(ATTEMPTS + 1) == pause(1)


def test_a_late_or_repeated_answer_changes_nothing() -> None:
    first = begin(A)
    (dispatch,) = first.dispatches
    after = PROCESS.answered(first.instance, dispatch.id, reserved(A), NOW)
    assert after is not None
    assert after.answered == (dispatch.id,)
    assert PROCESS.answered(after.instance, dispatch.id, reserved(A), NOW) is None
    assert PROCESS.answered(after.instance, dispatch.id, rejected(A), NOW) is None
    assert PROCESS.answered(first.instance, dispatch.id, CONFIRMED, NOW) is None
    assert PROCESS.answered(first.instance, uuid4(), reserved(A), NOW) is None


def test_its_timers() -> None:
    first = begin(A)
    deadline = NOW + timedelta(minutes=15)
    assert first.timers == {TimerKind.DEADLINE: deadline}
    turned = PROCESS.deadline(first.instance, deadline)
    assert turned.instance.failure == DEADLINE_PASSED
    assert turned.instance.status is Status.COMPENSATING
    assert turned.timers == {TimerKind.DEADLINE: None}
    assert PROCESS.deadline(turned.instance, deadline).timers == {TimerKind.DEADLINE: None}
    assert PROCESS.retry(turned.instance, deadline).timers == {TimerKind.RETRY: None}
    assert PROCESS.retry(turned.instance, deadline).dispatches == ()


def test_past_its_deadline_it_waits_visibly() -> None:
    saga = Process(steps("-"))
    first = saga.begin(placed(), cause=A, correlation_id=B, now=NOW)
    late = saga.deadline(first.instance, NOW + timedelta(hours=1))
    assert late.instance.overdue
    assert late.instance.status is Status.RUNNING
    assert late.instance.updated_at == NOW + timedelta(hours=1)
    assert late.timers == {TimerKind.DEADLINE: None}


def test_what_was_done_by_hand_is_settled() -> None:
    first = begin(A)
    turned = PROCESS.deadline(first.instance, NOW)
    assert PROCESS.resume(turned.instance, NOW) is None
    settled = PROCESS.settle(turned.instance, NOW)  # somebody has reserved it
    assert settled is not None
    assert [dispatch.command for dispatch in settled.dispatches] == [release(A)]
    settled = PROCESS.settle(settled.instance, NOW)  # and released it
    assert settled is not None
    assert [dispatch.command for dispatch in settled.dispatches] == [cancel(DEADLINE_PASSED)]
    settled = PROCESS.settle(settled.instance, NOW)
    assert settled is not None
    assert settled.instance.status is Status.FAILED
    assert PROCESS.settle(settled.instance, NOW) is None


def test_an_instance_that_an_earlier_version_ended_still_undoes_what_is_done_late() -> None:
    """That version sent its compensations and ended, without awaiting any answer."""
    command = next(iter(begin(A).dispatches)).id
    ended = Instance(
        id=str(ORDER),
        correlation_id=A,
        cause=B,
        start=placed(A).model_dump(mode="json"),
        status=Status.FAILED,
        step=0,
        sent=(Sent(id=command, step=0, item=0),),
        failure=DEADLINE_PASSED,
    )
    assert ended.key == str(ORDER)
    late = PROCESS.answered(ended, command, reserved(A), NOW)
    assert late is not None
    assert [dispatch.command for dispatch in late.dispatches] == [release(A)]
    undone = PROCESS.answered(late.instance, late.dispatches[0].id, released(A), NOW)
    assert undone is not None
    assert undone.dispatches == ()
    assert undone.instance.status is Status.FAILED
    assert undone.instance.sent[0].progress is Progress.UNDONE


def test_an_undo_needs_its_answer() -> None:
    with pytest.raises(ValueError, match="both `undo` and `undone`"):
        Step(do=market.confirm_order, done=market.OrderConfirmed, undo=market.refund_payment)
