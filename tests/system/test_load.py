"""The load test: what prepares an arrival, what is measured, and the objectives."""

from __future__ import annotations

import pytest

from meshgen.capacity.costs import COSTS
from meshgen.system.lower import resolve
from meshgen.system.model import ArrivalsView, LoadView
from tests.capacity.shops import SHOP, checked


def load(*peaks: str, spec: str = SHOP) -> LoadView:
    """The load test of the shop with other peaks."""
    start, end = spec.index("  peak:\n", spec.index("\nslo:")), spec.index("\nscenarios:")
    text = spec[:start] + "  peak:\n" + "".join(f"    {p}\n" for p in peaks) + spec[end:]
    found = resolve(checked(text)).project.load
    assert found
    return found


def only(*peaks: str) -> ArrivalsView:
    (arrivals,) = load(*peaks).arrivals
    return arrivals


def test_steps_of_others_prepare_and_those_after_the_last_own_one_are_left_out() -> None:
    shipped = only("a paid order is shipped: {rate: 20/s, as: customer}")
    assert shipped.name == "APaidOrderIsShipped"
    assert shipped.rate == "20.0"
    assert [line.partition("(")[0] for line in shipped.prepared] == [
        "merchant = self.caller",
        "customer = self.caller",
        "teapot = merchant.post",
        "merchant.post",
    ]
    assert [line.partition("(")[0] for line in shipped.measured] == [
        "customer.post",
        "customer.post",
        "customer.get",
        "customer.eventually",
    ]
    assert "status=" not in shipped.measured[2], "it is asked once"


def test_without_a_role_everything_is_measured() -> None:
    shipped = only("a paid order is shipped: 20/s")
    assert all(".caller(" in line for line in shipped.prepared)
    assert len(shipped.measured) == 7


def test_an_endpoint_is_read_by_somebody_who_may() -> None:
    fraud = only("backoffice GET /fraud: 6/m")
    assert fraud.prepared == ('reader = self.reader("merchant")',)
    assert fraud.measured == ('reader.get("/backoffice/fraud")',)
    assert fraud.rate == "0.1"


def test_a_query_of_an_owner_is_about_the_reader() -> None:
    history = only("order_history.OrdersOfCustomer: 5/s")
    assert history.measured == ('reader.get("/order-history", customer_id=reader.id)',)


def test_other_values_are_those_of_a_scenario() -> None:
    details = only("catalog.ProductDetails: 5/s")
    assert details.measured == ('customer.eventually(f"/catalog/{teapot}")',)
    put = only("cart.PutItem: 5/s")
    assert len(put.measured) == 1
    assert "put-item" in put.measured[0]


def test_what_no_scenario_has_is_named() -> None:
    found = load("product.DelistProduct: 1/s", "web GET /orders/{order_id}: 1/s")
    assert found.missing == ("product.DelistProduct", "web GET /orders/{order_id}")


def test_narrower_objectives_have_a_path() -> None:
    spec = SHOP.replace("  payment:\n", "  payment:\n    slo: {availability: 99.95%}\n", 1)
    own = "          CheckOut:\n            slo: {latency: {p99: 300ms}}\n"
    spec = spec.replace("          CheckOut:\n", own, 1)
    found = load("web GET /home: 1/s", spec=spec)
    assert [(each.path, each.availability, each.p99) for each in found.objectives] == [
        ("/", "99.9", 500),
        ("/carts/{id}/check-out", "99.9", 300),
        ("/payments", "99.95", 500),
    ]


def test_without_objectives_there_is_none() -> None:
    start, end = SHOP.index("\nslo:"), SHOP.index("\nscenarios:")
    mesh = resolve(checked(SHOP[:start] + SHOP[end:]))
    assert mesh.project.load is None
    assert not mesh.chassis.load


def test_the_work_of_an_arrival_is_that_of_its_requests_and_of_what_follows() -> None:
    shipped = only("a paid order is shipped: {rate: 20/s, as: customer}")
    # Two commands, two queries; 11 messages published, 15 handled; one item, as the scenario has.
    assert float(shipped.cost.units) == pytest.approx(
        2 * COSTS.command + 2 * COSTS.query + 15 * COSTS.message, abs=0.001
    )
    assert float(shipped.cost.gateway) == pytest.approx(4 * COSTS.request, abs=0.001)
    assert float(shipped.cost.hub) == pytest.approx(11 * COSTS.hub, abs=0.001)
    other = only("a paid order is shipped: {rate: 1/s, as: customer}")
    assert other.cost == shipped.cost, "whatever the rate is"


def test_lists_have_as_many_items_as_the_scenario_puts_in() -> None:
    put = next(
        line for line in SHOP.splitlines(keepends=True) if "as: customer, do: cart.PutItem" in line
    )
    peak = "a paid order is shipped: {rate: 20/s, as: customer}"
    (twice,) = load(peak, spec=SHOP.replace(put, 2 * put, 1)).arrivals
    # A second reservation for the same order, besides a second event of the cart.
    assert float(twice.cost.hub) >= float(only(peak).cost.hub) + 3 * COSTS.hub
