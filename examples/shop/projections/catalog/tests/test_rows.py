# scaffolded by meshgen - yours to edit
"""The effects of events on the rows of catalog."""

from dataclasses import replace
from decimal import Decimal

from chassis.testing import example_id
from shop_catalog.rows import CatalogRow, project
from shop_contracts.inventory import StockReceived, StockReleased, StockReserved
from shop_contracts.product import PriceChanged, ProductDelisted, ProductListed

PRODUCT_ID = example_id("product_id")
ORDER_ID = example_id("order_id")
PRODUCT_LISTED = ProductListed(
    product_id=PRODUCT_ID, name="a name", category="a category", price=Decimal(10)
)
PRICE_CHANGED = PriceChanged(product_id=PRODUCT_ID, price=Decimal(10))
PRODUCT_DELISTED = ProductDelisted(product_id=PRODUCT_ID)
STOCK_RECEIVED = StockReceived(product_id=PRODUCT_ID, quantity=1)
STOCK_RESERVED = StockReserved(product_id=PRODUCT_ID, order_id=ORDER_ID, quantity=1)
STOCK_RELEASED = StockReleased(product_id=PRODUCT_ID, order_id=ORDER_ID, quantity=1)

ROW = CatalogRow(
    product_id=PRODUCT_ID,
    name="a name",
    category="a category",
    price=Decimal(10),
    listed=True,
    available=0,
)


def test_product_listed() -> None:
    assert project(None, PRODUCT_LISTED) == ROW


def test_price_changed() -> None:
    assert project(ROW, PRICE_CHANGED) == ROW


def test_product_delisted() -> None:
    assert project(ROW, PRODUCT_DELISTED) == replace(ROW, listed=False)


def test_stock_received() -> None:
    assert project(None, STOCK_RECEIVED) == replace(
        ROW, name="", category="", price=Decimal(0), listed=False, available=1
    )


def test_stock_reserved() -> None:
    assert project(ROW, STOCK_RESERVED) == replace(ROW, available=-1)


def test_stock_released() -> None:
    assert project(ROW, STOCK_RELEASED) == replace(ROW, available=1)
