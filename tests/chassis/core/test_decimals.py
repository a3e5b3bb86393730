"""Decimals are written without exponents, wherever they are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal

import pytest
from chassis.codec import Codec
from chassis.decimals import json_adapter
from chassis.fields import search_fields, stored_fields
from chassis.messages import Event, Value, decoded, encoded
from pydantic import TypeAdapter

LARGE, SMALL = Decimal("1E+2"), Decimal("1E-7")


class Price(Value):
    amount: Decimal
    discount: Decimal | None = None


class Priced(Event):
    total: Decimal
    prices: tuple[Price, ...]
    by_region: dict[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    total: Decimal
    prices: tuple[Price, ...]
    nested: Basket | None = None


PRICES = (Price(amount=LARGE, discount=SMALL), Price(amount=Decimal("1.50")))
PLAIN = [{"amount": "100", "discount": "0.0000001"}, {"amount": "1.50", "discount": None}]


def test_in_events() -> None:
    event = Priced(total=LARGE, prices=PRICES, by_region={"north": SMALL})
    data = encoded(event)
    assert data == {"total": "100", "prices": PLAIN, "by_region": {"north": "0.0000001"}}
    assert decoded(Priced, data) == event


@pytest.mark.parametrize("keys", [{}, {"total": "sum"}], ids=["by name", "renamed"])
def test_in_states_and_rows(keys: dict[str, str]) -> None:
    inner = Basket(total=SMALL, prices=())
    basket = Basket(total=LARGE, prices=PRICES, nested=inner)
    codec = Codec(Basket, keys)
    found = json.loads(codec.encode(basket))
    assert found[keys.get("total", "total")] == "100"
    assert found["prices"] == PLAIN
    assert found["nested"] == {"total": "0.0000001", "prices": [], "nested": None}
    assert codec.decode(codec.encode(basket)) == basket


def test_in_pages() -> None:
    page = json_adapter(tuple[Basket, ...])
    text = page.dump_json((Basket(total=LARGE, prices=PRICES),))
    assert json.loads(text) == [{"total": "100", "prices": PLAIN, "nested": None}]


def test_in_searches() -> None:
    fields = search_fields(Basket, stored_fields(Basket, {}))
    assert fields["total"].parse("1E+2") == "100"


def test_python_code_keeps_decimals_and_the_documented_schema_is_that_of_pydantic() -> None:
    assert Price(amount=LARGE).model_dump() == {"amount": LARGE, "discount": None}
    documented = Price.model_json_schema(mode="serialization")["properties"]["amount"]
    usual = TypeAdapter(Decimal).json_schema(mode="serialization")
    assert documented == {**usual, "title": "Amount"}
