# scaffolded by meshgen - yours to edit
"""Scenarios of the stock item aggregate: given, when, then."""

import pytest

from chassis.testing import Scenario, example_id
from shop_contracts.inventory import (
    IssueStock,
    ReceiveStock,
    ReleaseStock,
    ReserveStock,
    StockIssued,
    StockReceived,
    StockRejected,
    StockReleased,
    StockReserved,
)
from shop_inventory.domain.stock_item import decide, evolve

PRODUCT_ID = example_id("product_id")
ORDER_ID = example_id("order_id")
STOCK_RECEIVED = StockReceived(product_id=PRODUCT_ID, quantity=1)
RESERVE_STOCK = ReserveStock(product_id=PRODUCT_ID, order_id=ORDER_ID, quantity=1)
STOCK_RESERVED = StockReserved(product_id=PRODUCT_ID, order_id=ORDER_ID, quantity=1)
STOCK_REJECTED = StockRejected(product_id=PRODUCT_ID, order_id=ORDER_ID, quantity=2)
RELEASE_STOCK = ReleaseStock(product_id=PRODUCT_ID, order_id=ORDER_ID)
STOCK_RELEASED = StockReleased(product_id=PRODUCT_ID, order_id=ORDER_ID, quantity=1)
ISSUE_STOCK = IssueStock(product_id=PRODUCT_ID, order_id=ORDER_ID)
STOCK_ISSUED = StockIssued(product_id=PRODUCT_ID, order_id=ORDER_ID, quantity=1)


@pytest.fixture
def stock_item() -> Scenario:
    return Scenario(decide, evolve)


def test_receive_stock_emits_stock_received(stock_item: Scenario) -> None:
    stock_item.when(ReceiveStock(product_id=PRODUCT_ID, quantity=1)).then(STOCK_RECEIVED)


def test_reserve_stock_emits_stock_reserved(stock_item: Scenario) -> None:
    stock_item.given(STOCK_RECEIVED).when(RESERVE_STOCK).then(STOCK_RESERVED)


def test_reserve_stock_emits_stock_rejected(stock_item: Scenario) -> None:
    stock_item.given(STOCK_RECEIVED).when(
        ReserveStock(product_id=PRODUCT_ID, order_id=ORDER_ID, quantity=2)
    ).then(STOCK_REJECTED)


def test_reserve_stock_requires_an_existing_stock_item(stock_item: Scenario) -> None:
    stock_item.when(RESERVE_STOCK).refused("not_found")


def test_release_stock_emits_stock_released(stock_item: Scenario) -> None:
    stock_item.given(STOCK_RECEIVED, STOCK_RESERVED).when(RELEASE_STOCK).then(STOCK_RELEASED)


def test_release_stock_requires_stock_that_is_reserved(stock_item: Scenario) -> None:
    stock_item.given(STOCK_RECEIVED).when(RELEASE_STOCK).refused("stock_is_reserved")


def test_release_stock_requires_an_existing_stock_item(stock_item: Scenario) -> None:
    stock_item.when(RELEASE_STOCK).refused("not_found")


def test_issue_stock_emits_stock_issued(stock_item: Scenario) -> None:
    stock_item.given(STOCK_RECEIVED, STOCK_RESERVED).when(ISSUE_STOCK).then(STOCK_ISSUED)


def test_issue_stock_requires_stock_that_is_reserved(stock_item: Scenario) -> None:
    stock_item.given(STOCK_RECEIVED).when(ISSUE_STOCK).refused("stock_is_reserved")


def test_issue_stock_requires_an_existing_stock_item(stock_item: Scenario) -> None:
    stock_item.when(ISSUE_STOCK).refused("not_found")
