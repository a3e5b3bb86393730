"""What the requests of the peak lead to."""

from __future__ import annotations

from dataclasses import replace

from bench.capacity.calibration import an_order, peaks_of, shop
from bench.capacity.figures import FIGURES
from meshgen.capacity.operations import Operations
from meshgen.capacity.traffic import Load, traffic
from meshgen.spec.model import Ref, Spec
from tests.capacity.shops import SHOP, checked, notes


def at(spec: Spec, items: int = 1) -> dict[str, Load]:
    assert spec.slo is not None
    found = traffic(spec, spec.slo.peaks, items).units
    return {name: load for name, load in found.items() if load != Load()}


def test_a_command_is_copied_by_what_follows_its_event() -> None:
    assert at(notes("note.WriteNote: 10/s")) == {
        "note": Load(commands=10),
        "board": Load(messages=10),
    }


def test_an_endpoint_asks_the_units_of_its_parts() -> None:
    assert at(notes("web GET /home: 120/m")) == {
        "web": Load(endpoints=2),
        "note": Load(queries=2),
        "board": Load(queries=2),
    }


def test_an_order_of_the_shop() -> None:
    """Counted by hand along the saga."""
    order = an_order(shop(), FIGURES.together)
    assert order.gateway == 4
    assert {name: load.messages for name, load in order.units.items() if load.messages} == {
        "order": 6,  # checked out, placed, reserved, captured, confirmed, dispatched
        "inventory": 2,
        "payment": 1,
        "shipping": 1,
        "order_history": 3,
        "catalog": 1,
        "sales_per_minute": 1,
    }
    assert order.published == 11


def test_items_multiply_what_an_each_goes_through() -> None:
    (order,) = peaks_of(shop(), FIGURES.together.slow)
    peaks = (replace(order, rate=1.0),)
    found = [traffic(shop(), peaks, items).topics["inventory.commands"] for items in (1, 3)]
    assert found == [1, 3]


def test_only_the_steps_of_a_role_count() -> None:
    spec = checked(SHOP)
    assert spec.slo is not None
    (peak,) = [p for p in spec.slo.peaks if p.name == "a paid order is shipped"]
    assert [f"{r.unit}.{r.name}" for r in peak.requests] == [
        "cart.PutItem",
        "cart.CheckOut",
        "order_history.OrdersOfCustomer",
        "catalog.ProductDetails",
    ]


def test_an_endpoint_that_sends_a_command_causes_what_the_command_does() -> None:
    spec = shop()
    operations = Operations(spec, 1)
    sent = operations.of(Ref(unit="web", name="POST /checkout"))
    assert (sent.unit, sent.kind) == ("web", "endpoint")
    assert sent.then == (operations.of(Ref(unit="cart", name="CheckOut")),)
