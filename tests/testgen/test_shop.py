"""The reference shop: an example of everything its commands do and refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from meshgen.spec.expressions.budget import Budget
from meshgen.spec.expressions.values import Value
from meshgen.spec.model import Aggregate, Service, Spec
from meshgen.testgen.examples import NOW, EventValue, Example, ExampleId, Found, examples, new_id
from meshgen.testgen.examples.attempts import Sources
from meshgen.testgen.examples.candidates import Candidates
from meshgen.testgen.examples.domain import Context, Decider, Emitted, Refused, State
from meshgen.testgen.examples.search import goals

Titled = Callable[[Found, str], Example]


def aggregates(spec: Spec) -> Iterator[tuple[Service, Aggregate]]:
    for service in spec.services:
        for aggregate in service.aggregates:
            yield service, aggregate


def of(shop: Spec, name: str) -> Found:
    service, aggregate = next(pair for pair in aggregates(shop) if pair[1].name == name)
    return examples(shop, service, aggregate)


def test_nothing_is_missing(shop: Spec) -> None:
    for service, aggregate in aggregates(shop):
        found = examples(shop, service, aggregate)
        assert found.missing == ()
        assert len(found.examples) == len(list(goals(aggregate)))


def test_titles_are_unique_words(shop: Spec) -> None:
    for service, aggregate in aggregates(shop):
        titles = [example.title for example in examples(shop, service, aggregate).examples]
        assert len(set(titles)) == len(titles)
        assert all(title.replace(" ", "_").isidentifier() for title in titles)


def test_the_search_is_deterministic(shop: Spec) -> None:
    assert of(shop, "StockItem") == of(shop, "StockItem")


def test_an_order_is_placed(shop: Spec, titled: Titled) -> None:
    example = titled(of(shop, "Order"), "place order emits order placed")
    assert example.mode == "creates"
    assert example.given == ()
    assert example.input[0] == ("order_id", ExampleId("order_id").value)
    (placed,) = example.then
    assert placed.name == "OrderPlaced"
    assert list(dict(placed.fields)) == ["order_id", "customer_id", "lines", "total", "placed_at"]
    assert dict(placed.fields)["placed_at"] == NOW


def test_a_confirmed_order_cannot_be_cancelled(shop: Spec, titled: Titled) -> None:
    example = titled(of(shop, "Order"), "cancel order requires an order that is open")
    assert [event.name for event in example.given] == ["OrderPlaced", "OrderConfirmed"]
    assert example.refused == "order_is_open"
    assert example.then == ()


def test_more_than_there_is_is_rejected(shop: Spec, titled: Titled) -> None:
    example = titled(of(shop, "StockItem"), "reserve stock emits stock rejected")
    assert [event.name for event in example.given] == ["StockReceived"]
    stock, wanted = dict(example.given[0].fields)["quantity"], dict(example.input)["quantity"]
    assert isinstance(stock, int)
    assert isinstance(wanted, int)
    assert wanted > stock


def test_rows_that_are_known_are_told(shop: Spec, titled: Titled) -> None:
    cart = of(shop, "Cart")
    (row,) = titled(cart, "put item requires a product that is listed").rows
    assert row.replica == "Product"
    assert [name for name, _ in row.fields] == ["product_id", "price", "listed"]
    assert dict(row.fields)["listed"] is False
    missing = titled(cart, "put item requires an existing product")
    assert (missing.rows, missing.refused) == ((), "product_not_found")


def test_what_ports_answer_is_told(shop: Spec, titled: Titled) -> None:
    declined = titled(of(shop, "Payment"), "capture payment emits payment declined")
    (answer,) = declined.answers
    assert (answer.call, answer.port, answer.operation) == (
        "authorization",
        "PaymentProvider",
        "authorize",
    )
    assert [name for name, _ in answer.arguments] == ["order_id", "amount"]
    assert dict(answer.answer)["approved"] is False
    assert dict(declined.then[0].fields)["reason"] == dict(answer.answer)["reason"]


def test_new_ids_are_those_of_the_chassis_tests(shop: Spec, titled: Titled) -> None:
    parcel = titled(of(shop, "Shipment"), "dispatch parcel emits parcel dispatched")
    assert dict(parcel.then[0].fields)["tracking_code"] == new_id(1)


@pytest.mark.parametrize("name", ["Product", "Cart", "Order", "StockItem", "Payment", "Shipment"])
def test_every_example_comes_out_when_it_is_carried_out(shop: Spec, name: str) -> None:
    service, aggregate = next(pair for pair in aggregates(shop) if pair[1].name == name)
    budget = Budget(100_000)
    decider = Decider(aggregate, Candidates(shop.types, (), (), budget).allows, budget)
    ids = {kind: id for kind, (id, _) in Sources(shop, service).replicas.items()}
    for example in examples(shop, service, aggregate).examples:
        state: State | None = None
        for event in example.given:
            state = decider.evolve(state, event)
        rows: dict[str, dict[object, dict[str, Value]]] = {kind: {} for kind in ids}
        for row in example.rows:
            rows[row.replica][row.id] = dict(row.fields)
        answers = {answer.call: answer.answer for answer in example.answers}
        command = next(c for c in aggregate.commands if c.name == example.command)
        around = Context(NOW, new_id, rows, answers)  # type: ignore[arg-type]
        outcome = decider.decide(command, dict(example.input), state, around)
        if isinstance(outcome, Emitted):
            assert (outcome.event,) == example.then
        else:
            assert isinstance(outcome, Refused)
            assert outcome.rule == example.refused


def test_events_are_values() -> None:
    assert EventValue("A", (("x", 1),)) == EventValue("A", (("x", 1),))
