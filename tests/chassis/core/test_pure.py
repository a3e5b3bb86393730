"""What needs no machinery: traces, envelopes, catalogs, contexts, declarations, codecs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from chassis import trace
from chassis.annotations import parameter_types
from chassis.domain import Context, CorruptHistory, Question, Refused, Unanswered, evolved, existing
from chassis.envelope import Envelope, Undecodable
from chassis.hub.port import Topic
from chassis.messages import Catalog
from chassis.service import aggregate_of
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from . import market

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_child_span_stays_in_its_trace() -> None:
    child = trace.child_of(PARENT)
    assert trace.parse(child) == ("4bf92f3577b34da6a3ce929d0e0e4736", "01")
    assert child != PARENT


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "",
        PARENT.upper(),
        PARENT.replace("00-4b", "ff-4b"),
        PARENT + "-more",
        PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32),
        PARENT.replace("00f067aa0ba902b7", "0" * 16),
        PARENT[:-1],
        PARENT + "\n",
        "x" * 10_000,
    ],
)
def test_a_malformed_traceparent_begins_a_new_trace(bad: str | None) -> None:
    assert trace.parse(bad) is None
    assert trace.parse(trace.child_of(bad)) is not None


def test_a_future_version_of_traceparent_may_have_more() -> None:
    assert trace.parse("01" + PARENT[2:] + "-more") == trace.parse(PARENT)


def test_the_trace_is_that_of_the_block() -> None:
    with trace.use(trace.begin()) as outer:
        with trace.use(trace.begin(correlation_id=outer.correlation_id)) as inner:
            assert trace.current() is inner
        assert trace.current() is outer
    assert trace.current() is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
envelopes = st.builds(
    Envelope,
    id=st.uuids(),
    source=st.just("/shop/order"),
    type=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    subject=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    time=st.datetimes(min_value=datetime(1, 1, 3), timezones=st.just(UTC)),
    data=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values),
    correlation_id=st.uuids(),
    causation_id=st.none() | st.uuids(),
    traceparent=st.none() | st.just(PARENT),
    sequence=st.none() | st.integers(0, 10**9),
)


@given(envelopes)
def test_an_envelope_is_read_as_it_was_written(envelope: Envelope) -> None:
    assert Envelope.from_json(envelope.to_json()) == envelope


@given(st.binary() | st.text().map(str.encode))
def test_what_is_no_envelope_is_undecodable(raw: bytes) -> None:
    with pytest.raises(Undecodable):
        Envelope.from_json(raw)


def test_an_envelope_is_a_cloudevent() -> None:
    import json

    envelope = Envelope(
        id=UUID(int=1),
        source="/shop/order",
        type="shop.order.OrderPlaced.v1",
        subject="7",
        time=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        data={"total": "19.90"},
        correlation_id=UUID(int=2),
        causation_id=UUID(int=3),
        traceparent=PARENT,
        sequence=3,
    )
    assert json.loads(envelope.to_json()) == {
        "specversion": "1.0",
        "id": str(UUID(int=1)),
        "source": "/shop/order",
        "type": "shop.order.OrderPlaced.v1",
        "subject": "7",
        "time": "2030-01-02T03:04:05Z",
        "datacontenttype": "application/json",
        "correlationid": str(UUID(int=2)),
        "causationid": str(UUID(int=3)),
        "traceparent": PARENT,
        "sequence": "0000000003",
        "data": {"total": "19.90"},
    }


def test_partitions_are_the_same_in_every_process() -> None:
    topic = Topic(name="t", partitions=12, retention=timedelta(days=1))
    partitions = [topic.partition_of(str(UUID(int=n))) for n in range(6)]
    assert partitions == [1, 5, 6, 9, 3, 1]


def test_commands_are_strict_and_events_tolerant() -> None:
    fields = {"order_id": str(uuid4()), "reason": "x", "surprise": 1}
    assert market.OrderCancelled.model_validate(fields).reason == "x"
    with pytest.raises(ValidationError):
        market.CancelOrder.model_validate(fields)


def test_the_catalog_knows_every_message(messages: Catalog) -> None:
    kind = messages.of(market.OrderPlaced)
    assert messages.named(kind.name) is kind
    assert messages.named("nobody's") is None
    assert len(messages.topics) == 8


def test_declarations_are_read_off_annotations(messages: Catalog) -> None:
    service = market.order_service(messages)
    (order,) = service.aggregates
    assert order.commands == (market.PlaceOrder, market.ConfirmOrder, market.CancelOrder)
    assert order.events == (market.OrderPlaced, market.OrderConfirmed, market.OrderCancelled)
    assert aggregate_of(service, market.CancelOrder) is order
    with pytest.raises(KeyError, match="ReceiveStock"):
        aggregate_of(service, market.ReceiveStock)

    def one(row: int | None, event: market.OrderPlaced) -> Iterator[None]:
        yield

    assert parameter_types(one, 1) == (market.OrderPlaced,)
    with pytest.raises(TypeError, match="the parameter x needs an annotation"):
        parameter_types(lambda x: None, 0)


@dataclass(frozen=True)
class HowMuch(Question[Decimal]):
    of: str


def test_a_context_asks_for_what_it_does_not_know() -> None:
    context = Context(now=datetime.now(UTC), new_id=uuid4, answers={})
    with pytest.raises(Unanswered) as raised:
        context.ask(HowMuch("tea"))
    assert raised.value.question == HowMuch("tea")
    answered = Context(now=context.now, new_id=uuid4, answers={HowMuch("tea"): Decimal(3)})
    assert answered.ask(HowMuch("tea")) == Decimal(3)


def test_a_corrupt_history_is_no_refusal() -> None:
    with pytest.raises(Refused, match="not_found"):
        existing(None)

    def evolve(state: str | None, event: str) -> str:
        return existing(state) + event

    assert evolved(evolve, "a", ("b", "c")) == "abc"
    with pytest.raises(CorruptHistory, match="not_found"):
        evolved(evolve, None, ("b",))
