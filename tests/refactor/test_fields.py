"""Every field and member of the shop is renamed: the same system, and the way back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from meshgen.errors import MeshgenError
from meshgen.evolution.losses import losses
from meshgen.evolution.version import Version
from meshgen.identities import assign
from meshgen.refactor.errors import RefusedEditError
from meshgen.refactor.fields import Part, parts
from meshgen.refactor.rename import rename
from meshgen.refactor.resolution import Resolution
from meshgen.refactor.yaml.document import document
from meshgen.spec.check import check_text
from meshgen.spec.model import Spec

ROOT = Path(__file__).parents[2]
SHOP = (ROOT / "specs" / "shop.yaml").read_text(encoding="utf-8")
PARTS = [part for part in parts(document(SHOP)) if part.kind != "id"]
IDS = [part for part in parts(document(SHOP)) if part.kind == "id"]
FOUND_BY_NAME = {
    "payment.PaymentDeclined.reason",
    "order_history.order_id",
    "catalog.product_id",
    "suspects.customer_id",
}
NEW = "brand_new"


def checked(text: str) -> Spec:
    spec, findings = check_text("spec.yaml", text)
    assert findings == ()
    assert spec is not None
    return spec


BEFORE = checked(SHOP)
IDENTITIES = assign(BEFORE)


def back(text: str, part: Part) -> str:
    return rename(text, f"{part.owner.thing}.{NEW}", part.name)


@pytest.mark.parametrize(
    "part", [part for part in PARTS if str(part) not in FOUND_BY_NAME], ids=str
)
def test_a_field_or_member_has_another_name_and_is_the_same(part: Part) -> None:
    text = rename(SHOP, str(part), NEW)
    after = checked(text)
    identities = assign(after, IDENTITIES, BEFORE)
    changed = {path: name for path, name in identities.names.items() if name == NEW}
    assert identities.names == {**IDENTITIES.names, **changed}
    assert [path[-1] for path in changed] == [part.name]
    assert losses(Version(BEFORE, IDENTITIES), Version(after, identities)) == ()
    assert checked(back(text, part)) == BEFORE


@pytest.mark.parametrize("part", [p for p in PARTS if str(p) in FOUND_BY_NAME], ids=str)
def test_what_is_found_by_its_name_alone_keeps_it(part: Part) -> None:
    with pytest.raises(RefusedEditError) as caught:
        rename(SHOP, str(part), NEW)
    assert [finding.hint for finding in caught.value.findings if not finding.hint] == []


@pytest.mark.parametrize("part", IDS, ids=str)
def test_an_id_keeps_its_name(part: Part) -> None:
    with pytest.raises(MeshgenError, match="cannot be renamed yet"):
        rename(SHOP, str(part), NEW)


def test_every_field_and_member_of_the_model_can_be_named() -> None:
    """What has an identity of its own is what has a name to change."""
    places = {"fields", "values", "state", "row"}
    named = [path for path in IDENTITIES.names if path[-2] in places]
    explicit_ids = [path for path in named if path[-1] == "order_id" and "PlaceOrder" in path]
    assert len(named) - len(explicit_ids) == len(PARTS)


def test_every_place_of_a_name_is_found_in_the_text() -> None:
    shop = Resolution(SHOP)
    assert len(shop.index.uses) > 200
    for use in shop.index.uses:
        spot = shop.spot(use.place)
        assert spot.scalar.text[spot.start :].startswith(use.place.name)


NAMES = sorted({part.name for part in PARTS} | {"line", "key", "item"})
HOSTILE = [
    (part, new)
    for index, part in enumerate(PARTS[::6])
    for new in NAMES[index % 20 :: 20]
    if new != part.name
]


def renamed_or_explained(part: Part, new: str) -> str | None:
    """The spec with the new name; None if it is refused with a way out."""
    try:
        return rename(SHOP, str(part), new)
    except RefusedEditError as refused:
        return None if all(finding.hint for finding in refused.findings) else "no hint"
    except MeshgenError as refused:
        return None if refused.hint else "no hint"


@pytest.mark.parametrize(("part", "new"), HOSTILE, ids=str)
def test_a_name_that_something_else_has_is_refused_or_means_the_same(part: Part, new: str) -> None:
    """The way back leads to the same spec, but for names that are qualified since."""
    text = renamed_or_explained(part, new)
    if text is None:
        return
    after = checked(text)
    identities = assign(after, IDENTITIES, BEFORE)
    assert losses(Version(BEFORE, IDENTITIES), Version(after, identities)) == ()
    returned = Resolution(rename(text, f"{part.owner.thing}.{new}", part.name))
    shop = Resolution(SHOP)
    assert (returned.uses(), returned.fills()) == (shop.uses(), shop.fills())


def test_some_hostile_names_are_taken_and_some_are_not() -> None:
    outcomes = [renamed_or_explained(part, new) is None for part, new in HOSTILE[:12]]
    assert any(outcomes)
    assert not all(outcomes)


APPLIED = rename(SHOP, "order.OrderPlaced.total", "amount")


@pytest.mark.parametrize(
    ("applied", "former"),
    [(SHOP, "total"), (APPLIED, "amount"), (None, "total")],
    ids=["not yet updated", "updated in between", "no project"],
)
def test_the_former_name_is_that_which_the_project_knows(applied: str | None, former: str) -> None:
    twice = rename(APPLIED, "order.OrderPlaced.amount", "sum_total", applied=applied)
    (order,) = (service for service in checked(twice).services if service.name == "order")
    (field,) = (f for f in order.aggregates[0].events[0].fields if f.name == "sum_total")
    assert field.renamed_from == former


def test_the_former_name_is_known_of_an_owner_that_was_renamed_too() -> None:
    """`PaymentCaptured.amount` is another field: only that of the same event counts."""
    text = rename(APPLIED, "order.OrderPlaced", "OrderMade", applied=SHOP)
    twice = rename(text, "order.OrderMade.amount", "sum_total", applied=SHOP)
    known = rename(text, "order.OrderMade.amount", "sum_total", applied=APPLIED)
    assert "sum_total: {type: decimal, renamed_from: total}" in twice
    assert "sum_total: {type: decimal, renamed_from: amount}" in known


def test_what_goes_by_the_name_reason_is_not_called_so_by_a_rename() -> None:
    without = SHOP.replace(
        "PaymentDeclined: {customer_id: uuid, amount: decimal, reason: string, sets: {",
        "PaymentDeclined: {customer_id: uuid, amount: decimal, why: string, sets: {reason: why, ",
    ).replace("with: {reason: authorization.reason}", "with: {why: authorization.reason}")
    checked(without)
    with pytest.raises(RefusedEditError):
        rename(without, "payment.PaymentDeclined.why", "reason")


def test_a_part_may_be_named_in_several_ways() -> None:
    expected = rename(SHOP, "order.PlaceOrder.lines", "items")
    for old in ("order.PlaceOrder.input.lines", "PlaceOrder.lines"):
        assert rename(SHOP, old, "order.PlaceOrder.items") == expected


def test_the_model_of_a_renamed_member_has_its_former_name() -> None:
    after = checked(rename(SHOP, "OrderStatus.shipped", "sent"))
    enum = next(type_ for type_ in after.types if type_.name == "OrderStatus")
    assert dataclasses.asdict(enum)["former"] == {"sent": "shipped"}
