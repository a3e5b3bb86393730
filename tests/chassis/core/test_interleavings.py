"""A projection ends the same however the events of several services are interleaved.

The catalog of examples/shop has two sources under one key: the product, and its stock. It holds
because the first event of each source creates the row if it is not there (`upsert`), and because
each source writes fields of its own.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from functools import cache, reduce
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

SHOP = Path(__file__).parents[3] / "examples" / "shop"
ID = UUID(int=1)


@cache
def shop() -> SimpleNamespace:
    """The modules of the shop, which is not installed here."""
    paths = [str(SHOP / "libs/contracts/src"), str(SHOP / "projections/catalog/src")]
    sys.path[:0] = paths
    try:
        return SimpleNamespace(
            rows=import_module("shop_catalog.rows"),
            product=import_module("shop_contracts.product"),
            inventory=import_module("shop_contracts.inventory"),
        )
    finally:
        del sys.path[: len(paths)]


@st.composite
def product_history(draw: st.DrawFn) -> list[Any]:
    product = shop().product

    def listed() -> Any:
        name = draw(st.sampled_from("abc"))
        return product.ProductListed(product_id=ID, name=name, category=name, price=price())

    def price() -> Decimal:
        return Decimal(draw(st.integers(1, 9)))

    def event(kind: str) -> Any:
        match kind:
            case "listed":
                return listed()
            case "price":
                return product.PriceChanged(product_id=ID, price=price())
            case _:
                return product.ProductDelisted(product_id=ID)

    kinds = st.sampled_from(["listed", "price", "delisted"])
    return [listed(), *map(event, draw(st.lists(kinds)))]


@st.composite
def stock_history(draw: st.DrawFn) -> list[Any]:
    stock = shop().inventory

    def event(kind: str) -> Any:
        more = {} if kind == "StockReceived" else {"order_id": UUID(int=2)}
        quantity = draw(st.integers(1, 9))
        return getattr(stock, kind)(product_id=ID, quantity=quantity, **more)

    kinds = st.sampled_from(["StockReceived", "StockReserved", "StockReleased"])
    return [event("StockReceived"), *map(event, draw(st.lists(kinds)))]


def interleaved(draw: st.DrawFn, first: list[Any], second: list[Any]) -> list[Any]:
    """Both in some order in which each keeps its own."""
    left, right, merged = list(first), list(second), []
    while left and right:
        merged.append((left if draw(st.booleans()) else right).pop(0))
    return merged + left + right


def row_after(events: list[Any]) -> Any:
    return reduce(shop().rows.project, events, None)


@given(data=st.data())
def test_the_catalog_ends_the_same_for_every_interleaving(data: st.DataObject) -> None:
    product, stock = data.draw(product_history()), data.draw(stock_history())
    merged = data.draw(st.composite(interleaved)(product, stock))
    assert row_after(merged) == row_after(product + stock) == row_after(stock + product)
