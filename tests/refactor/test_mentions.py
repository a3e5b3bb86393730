"""The table of where names stand: none is missing, and what is renamed means what it meant."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from meshgen.errors import MeshgenError
from meshgen.refactor.references import Mention, mentions
from meshgen.refactor.rename import rename
from meshgen.refactor.selectors import name_of, path_of
from meshgen.refactor.yaml.document import document
from meshgen.spec.analysis.paths import with_paths
from meshgen.spec.check import check_text
from meshgen.spec.expressions import Expression
from meshgen.spec.model import Aggregate, Command, Projection, Query, Service, Spec, Stream

ROOT = Path(__file__).parents[2]
SHOP = (ROOT / "specs" / "shop.yaml").read_text(encoding="utf-8")
FOUND = list(mentions(document(SHOP).root))
DECLARED = [mention for mention in FOUND if mention.declares]


def test_every_mention_is_of_something_declared() -> None:
    declared = {mention.thing for mention in DECLARED}
    assert [str(m.thing) for m in FOUND if m.thing not in declared] == []


@pytest.mark.parametrize("mention", FOUND, ids=lambda m: f"{m.thing}:{m.scalar.at.line}")
def test_a_mention_is_where_it_says(mention: Mention) -> None:
    assert mention.scalar.text[mention.start : mention.end] == mention.thing.name
    found = document(SHOP)
    place = found.key(mention.path) if mention.scalar.text in mention.path else None
    assert mention.scalar in (place, found.node(mention.path))
    assert path_of(found, name_of(found, mention.path)) == mention.path


def renamed(value: Any, old: str, new: str, kind: str, unit: str) -> Any:
    """A model with another name in it, wherever the model says what a name stands for."""
    if isinstance(value, tuple):
        return tuple(renamed(v, old, new, kind, unit) for v in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type | Expression):
        return value
    changes = {
        f.name: renamed(getattr(value, f.name), old, new, kind, unit)
        for f in dataclasses.fields(value)
    }
    if type(value).__name__ == "Ref":
        if kind in UNITS and changes["unit"] == old:
            changes["unit"] = new
        members = ("aggregate", "event", "stream event", "command", "query")
        if kind in members and changes["unit"] == unit:
            changes["name"] = new if changes["name"] == old else changes["name"]
    elif type(value).__name__ == "Peak" and kind in UNITS:
        changes["name"] = re.sub(rf"^{old}(?=\.| GET)", new, changes["name"])
    elif type(value).__name__ == "Process" and kind in UNITS:
        changes["units"] = tuple(new if name == old else name for name in changes["units"])
    elif type(value).__name__ == "Emission" and kind == "event" and changes["event"] == old:
        changes["event"] = new
    elif type(value).__name__ == "Query" and kind == "aggregate" and changes["of"] == old:
        changes["of"] = new
    elif type(value).__name__ == "PortCall" and kind == "port" and changes["port"] == old:
        changes["port"] = new
    elif type(value).__name__ in NAMED[kind] and changes["name"] == old:
        changes["name"] = new
        if "renamed_from" in changes:
            changes["renamed_from"] = old
    return dataclasses.replace(value, **changes)


UNITS = ("service", "projection", "stream", "BFF")
NAMED = {
    "service": ("Service",),
    "projection": ("Projection",),
    "stream": ("Stream",),
    "BFF": ("Bff",),
    "aggregate": ("Aggregate",),
    "event": ("Event",),
    "stream event": ("StreamEvent",),
    "command": ("Command",),
    "query": ("Query",),
    "saga": ("Saga",),
    "port": ("Port",),
}


@pytest.mark.parametrize(
    "mention",
    [mention for mention in DECLARED if mention.declares != "type"],
    ids=lambda m: str(m.thing),
)
def test_a_renamed_spec_is_the_same_but_for_the_name(mention: Mention) -> None:
    old, unit = mention.thing.name, mention.thing.unit
    new = "brand_new" if mention.thing.kind == "unit" else "BrandNew"
    after, findings = check_text("spec.yaml", rename(SHOP, str(mention.thing), new))
    before, _ = check_text("spec.yaml", SHOP)
    assert findings == ()
    assert before is not None
    assert after == with_paths(renamed(_silent(before), old, new, mention.declares, unit))


def _silent(spec: Spec) -> Any:
    """The spec without its paths, none of which is said."""
    return _without_paths(spec)


def _without_paths(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_without_paths, value))
    if isinstance(value, Spec | Service | Projection | Stream | Aggregate):
        fields: dict[str, Any] = {
            f.name: _without_paths(getattr(value, f.name)) for f in dataclasses.fields(value)
        }
        return dataclasses.replace(
            value, **({**fields, "path": ""} if "path" in fields else fields)
        )
    return dataclasses.replace(value, path="") if isinstance(value, Command | Query) else value


def test_a_name_that_is_only_written_in_prose_and_texts_stays() -> None:
    text = SHOP.replace("Orders from the checkout", "OrderLine of order.OrderPlaced")
    after = rename(rename(text, "OrderLine", "Row"), "order.OrderPlaced", "OrderMade")
    assert "OrderLine of order.OrderPlaced to the doorstep" in after


def test_bare_names_do_when_there_is_only_one() -> None:
    assert rename(SHOP, "OrderPlaced", "OrderMade") == rename(
        SHOP, "order.OrderPlaced", "order.OrderMade"
    )


def test_a_name_of_two_things_is_asked_back() -> None:
    text = SHOP.replace("PaymentOfOrder", "OfOrder").replace("ParcelOfOrder", "OfOrder")
    with pytest.raises(MeshgenError, match="is ambiguous") as caught:
        rename(text, "OfOrder", "X")
    assert caught.value.hint == "use one of `payment.OfOrder`, `shipping.OfOrder`"


@pytest.mark.parametrize(
    ("applied", "former"),
    [
        (SHOP, "order"),  # not yet updated since it was renamed
        (SHOP.replace("  order:", "  sales:").replace("order.", "sales."), "sales"),
        (None, "order"),
    ],
    ids=["the first", "the last", "no project"],
)
def test_the_former_name_is_that_which_the_project_knows(applied: str | None, former: str) -> None:
    once = rename(SHOP, "order", "sales", applied=applied)
    twice = rename(once, "sales", "trade", applied=applied)
    spec, _ = check_text("spec.yaml", twice)
    assert spec is not None
    assert next(s for s in spec.services if s.name == "trade").renamed_from == former


def test_what_goes_back_to_its_name_was_never_renamed() -> None:
    for mention in DECLARED:
        name = str(mention.thing)
        new = "brand_new" if mention.thing.kind == "unit" else "BrandNew"
        there = name.removesuffix(mention.thing.name) + new
        assert rename(rename(SHOP, name, new), there, mention.thing.name) == SHOP
