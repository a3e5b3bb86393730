"""The rules of sagas, as pure functions: every order of answers ends well."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from chassis.messages import Command
from chassis.saga.process import (
    DEADLINE_PASSED,
    Dispatch,
    Instance,
    Process,
    Progress,
    Status,
    Transition,
)
from hypothesis import given
from hypothesis import strategies as st

from . import market

A, B, C = (UUID(int=n) for n in (1, 2, 3))
PROCESS = Process(market.checkout())


def begin(*products: UUID) -> Transition:
    order = market.OrderPlaced(
        order_id=UUID(int=9),
        customer_id=UUID(int=8),
        lines=[market.Line(product_id=product, quantity=1) for product in products],
        total=Decimal(5),
        placed_at=datetime(2030, 1, 1, tzinfo=UTC),
    )
    return PROCESS.begin(
        Instance(
            id=str(order.order_id),
            correlation_id=uuid4(),
            cause=uuid4(),
            start=order.model_dump(mode="json"),
        )
    )


def names(transition: Transition) -> list[str]:
    return [type(dispatch.command).__name__ for dispatch in transition.dispatches]


def commands(transition: Transition) -> list[Command]:
    return [dispatch.command for dispatch in transition.dispatches]


def test_a_step_fans_out_and_waits_for_all() -> None:
    first = begin(A, B)
    assert [command.product_id for command in commands(first)] == [A, B]  # type: ignore[attr-defined]
    one, two = first.dispatches
    waiting = PROCESS.done(first.instance, one.id)
    assert waiting.dispatches == ()
    after = PROCESS.done(waiting.instance, two.id)
    assert names(after) == ["CapturePayment"]


def test_the_last_answer_completes_it() -> None:
    transition = begin(A)
    for expected in (["CapturePayment"], ["ConfirmOrder"], []):
        transition = PROCESS.done(transition.instance, transition.dispatches[0].id)
        assert names(transition) == expected
    assert transition.instance.status is Status.COMPLETED


def test_a_step_without_items_is_passed_over() -> None:
    assert names(begin()) == ["CapturePayment"]


def test_a_failure_waits_for_the_others_then_undoes_them_in_reverse() -> None:
    first = begin(A, B, C)
    one, two, three = first.dispatches
    failed = PROCESS.failed(first.instance, two.id, "sold out")
    assert failed.dispatches == ()
    waiting = PROCESS.done(failed.instance, one.id)
    assert waiting.dispatches == ()
    ended = PROCESS.done(waiting.instance, three.id)
    assert names(ended) == ["ReleaseStock", "ReleaseStock", "CancelOrder"]
    assert [c.product_id for c in commands(ended)[:2]] == [C, A]  # type: ignore[attr-defined]
    assert commands(ended)[2] == market.CancelOrder(order_id=UUID(int=9), reason="sold out")
    assert ended.instance.status is Status.FAILED


def test_a_failed_later_step_undoes_the_earlier_ones() -> None:
    first = begin(A)
    second = PROCESS.done(first.instance, first.dispatches[0].id)
    ended = PROCESS.failed(second.instance, second.dispatches[0].id, "limit exceeded")
    assert names(ended) == ["ReleaseStock", "CancelOrder"]


def test_the_first_failure_is_the_reason() -> None:
    first = begin(A, B)
    one, two = first.dispatches
    failed = PROCESS.failed(first.instance, two.id, "first")
    ended = PROCESS.failed(failed.instance, one.id, "second")
    assert commands(ended) == [market.CancelOrder(order_id=UUID(int=9), reason="first")]


def test_at_the_deadline_it_fails_and_what_is_done_later_is_undone() -> None:
    first = begin(A, B)
    one, two = first.dispatches
    half = PROCESS.done(first.instance, one.id)
    ended = PROCESS.deadline(half.instance)
    assert names(ended) == ["ReleaseStock", "CancelOrder"]
    assert ended.instance.failure == DEADLINE_PASSED
    late = PROCESS.done(ended.instance, two.id)
    assert [c.product_id for c in commands(late)] == [B]  # type: ignore[attr-defined]
    assert names(PROCESS.done(late.instance, two.id)) == []


def test_a_late_failure_and_a_late_deadline_change_nothing() -> None:
    first = begin(A)
    ended = PROCESS.deadline(first.instance)
    late = PROCESS.failed(ended.instance, first.dispatches[0].id, "late")
    assert late.dispatches == ()
    assert late.instance.failure == DEADLINE_PASSED
    assert PROCESS.deadline(ended.instance).dispatches == ()


def test_what_is_sent_twice_has_the_same_id() -> None:
    def ids(transition: Transition) -> list[UUID]:
        return [dispatch.id for dispatch in transition.dispatches]

    assert ids(begin(A, B)) == ids(begin(A, B))
    assert len(set(ids(begin(A, A)))) == 2


@given(
    products=st.lists(st.sampled_from([A, B, C]), max_size=4),
    choices=st.lists(st.tuples(st.integers(0, 9), st.sampled_from("dddfx")), max_size=30),
)
def test_however_the_answers_come_nothing_stays_done_after_a_failure(
    products: list[UUID], choices: list[tuple[int, str]]
) -> None:
    """d: a command is done, f: it failed, x: the deadline passes; some answers come twice."""
    transition = begin(*products)
    instance, awaited = transition.instance, list(transition.dispatches)
    sent = list(transition.dispatches)

    def happen(what: str, dispatch: Dispatch | None) -> None:
        nonlocal instance
        if dispatch is None or what == "x":
            transition = PROCESS.deadline(instance)
        elif what == "d":
            transition = PROCESS.done(instance, dispatch.id)
        else:
            transition = PROCESS.failed(instance, dispatch.id, "failed")
        instance = transition.instance
        sent.extend(transition.dispatches)
        awaited.extend(d for d in transition.dispatches if d.awaited)

    for number, what in choices:
        happen(what, awaited[number % len(awaited)] if awaited else None)
    for dispatch in list(awaited):  # at last every command is answered
        happen("d", dispatch)
    while instance.status is Status.RUNNING:
        happen("d", awaited[-1])

    assert len({dispatch.id for dispatch in sent}) == len(sent)
    progress = [s.progress for s in instance.sent]
    kinds = [type(dispatch.command) for dispatch in sent]
    assert Progress.SENT not in progress
    if instance.status is Status.COMPLETED:
        assert set(progress) == {Progress.DONE}
        assert market.CancelOrder not in kinds
        assert market.ReleaseStock not in kinds
    else:
        assert Progress.DONE not in progress
        assert kinds.count(market.CancelOrder) == 1
        undone = sum(s.progress is Progress.UNDONE and s.step == 0 for s in instance.sent)
        assert kinds.count(market.ReleaseStock) == undone
