"""What the specs say, as the model has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshgen.errors import MeshgenError
from meshgen.spec.check import check_text, read_spec
from meshgen.spec.diagnostics import SpecError
from meshgen.spec.model import Aggregate, Do, Name, Projection, RateLimit, Service, SortKey, Spec

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shop() -> Spec:
    return read_spec(ROOT / "specs" / "shop.yaml")


def service(spec: Spec, name: str) -> Service:
    return next(s for s in spec.services if s.name == name)


def aggregate(spec: Spec, name: str) -> Aggregate:
    return next(a for s in spec.services for a in s.aggregates if a.name == name)


def projection(spec: Spec, name: str) -> Projection:
    return next(p for p in spec.projections if p.name == name)


def test_the_units(shop: Spec) -> None:
    assert [s.name for s in shop.services] == [
        *("product", "cart", "order", "inventory", "payment", "shipping"),
    ]
    assert [p.name for p in shop.projections] == ["order_history", "suspects", "catalog"]
    assert [s.name for s in shop.streams] == ["sales_per_minute", "fraud_watch"]
    assert [b.name for b in shop.bffs] == ["web", "mobile", "backoffice"]
    assert (shop.event_hub.engine, shop.event_hub.partitions) == ("kafka", 12)
    assert shop.event_hub.retention == 30 * 24 * 3600
    assert shop.gateway.rate_limit == RateLimit(rate=50, burst=100)
    assert shop.gateway.timeout == 2000


def test_modes_of_commands(shop: Spec) -> None:
    modes = {c.name: c.mode for s in shop.services for a in s.aggregates for c in a.commands}
    assert modes["ListProduct"] == "creates"
    assert modes["ChangePrice"] == "acts"
    assert modes["PutItem"] == "upserts"


def test_an_id_is_in_the_input_only_if_written(shop: Spec) -> None:
    commands = {c.name: c for c in aggregate(shop, "Order").commands}
    assert [f.name for f in commands["PlaceOrder"].input] == ["order_id", "customer_id", "lines"]
    assert [f.name for f in commands["CancelOrder"].input] == ["reason"]
    assert commands["PlaceOrder"].roles is None
    assert commands["CancelOrder"].roles == ("customer",)


def test_a_saga(shop: Spec) -> None:
    (saga,) = service(shop, "order").sagas
    reserve, capture, confirm = saga.steps
    assert saga.deadline == 15 * 60
    assert reserve.each is not None
    assert reserve.each.variable == "line"
    assert [ref.name for ref in reserve.failed] == ["StockRejected"]
    assert capture.undo is not None
    assert capture.undo.command.name == "RefundPayment"
    assert [(ref.unit, ref.name) for ref in confirm.done] == [("order", "OrderConfirmed")]
    assert confirm.failed == ()


def test_undo_takes_over_what_it_has_fields_for(shop: Spec) -> None:
    reserve = service(shop, "order").sagas[0].steps[0]
    assert [a.target for a in reserve.do.with_] == ["product_id", "quantity"]
    assert reserve.undo is not None
    assert [a.target for a in reserve.undo.with_] == ["product_id"]


def test_rows_are_found_by_what_all_events_carry(shop: Spec) -> None:
    assert projection(shop, "order_history").id == "order_id"
    assert projection(shop, "catalog").id == "product_id"


def test_a_search_without_an_order_has_that_of_the_cluster(shop: Spec) -> None:
    (query,) = projection(shop, "order_history").queries
    assert query.sort == (SortKey(field="placed_at", descending=True), SortKey(field="order_id"))


def test_parts_of_an_endpoint(shop: Spec) -> None:
    home = shop.bffs[0].endpoints[0]
    products, cart = home.parts
    assert products.arguments == (("listed", True),)
    assert cart.arguments == (("customer_id", Name("caller")),)
    assert (products.optional, cart.optional) == (False, True)
    assert shop.bffs[1].endpoints[0].parts[0].only == ("product_id", "name", "price")
    assert shop.bffs[0].endpoints[2].parameters == ("order_id",)


def test_places_point_into_the_file(shop: Spec) -> None:
    line = (ROOT / "specs" / "shop.yaml").read_text(encoding="utf-8").splitlines()
    order = aggregate(shop, "Order")
    assert line[order.at.line - 1][order.at.column - 1 :].startswith("Order:")
    saga = service(shop, "order").sagas[0]
    assert line[saga.at.line - 1][saga.at.column - 1 :].startswith("Checkout:")


def test_a_kept_name_is_known_to_later_steps(shop: Spec) -> None:
    first = shop.scenarios[0].steps[0]
    assert isinstance(first, Do)
    assert first.keep == "teapot"


def test_defaults_of_a_small_spec() -> None:
    spec = read_spec(ROOT / "specs" / "minimal.yaml")
    assert (spec.event_hub.engine, spec.event_hub.partitions) == ("nats", None)
    assert spec.event_hub.retention == 7 * 24 * 3600
    assert spec.gateway.timeout == 5000
    assert spec.gateway.rate_limit is None
    assert spec.processes == ()


def test_reading_twice_gives_the_same(shop: Spec) -> None:
    assert read_spec(ROOT / "specs" / "shop.yaml") == shop


def test_a_broken_spec_raises_all_its_findings() -> None:
    path = ROOT / "tests" / "cases" / "many-findings-at-once" / "spec.yaml"
    with pytest.raises(SpecError) as caught:
        read_spec(path)
    assert len(caught.value.findings) == 4
    assert str(caught.value).endswith(": 4 findings")


def test_findings_come_in_the_order_of_the_file() -> None:
    path = ROOT / "tests" / "cases" / "many-findings-at-once" / "spec.yaml"
    _, findings = check_text("spec.yaml", path.read_text(encoding="utf-8"))
    assert list(findings) == sorted(findings, key=lambda finding: finding.at)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MeshgenError, match="there is no file"):
        read_spec(tmp_path / "none.yaml")
