# scaffolded by meshgen - yours to edit
"""Scenarios of the product aggregate: given, when, then."""

from decimal import Decimal

import pytest

from chassis.testing import Scenario, example_id
from shop_contracts.product import (
    ChangePrice,
    DelistProduct,
    ListProduct,
    PriceChanged,
    ProductDelisted,
    ProductListed,
)
from shop_product.domain.product import decide, evolve

PRODUCT_ID = example_id("product_id")
LIST_PRODUCT = ListProduct(
    product_id=PRODUCT_ID, name="a name", category="a category", price=Decimal(10)
)
PRODUCT_LISTED = ProductListed(
    product_id=PRODUCT_ID, name="a name", category="a category", price=Decimal(10)
)
CHANGE_PRICE = ChangePrice(product_id=PRODUCT_ID, price=Decimal(10))
PRICE_CHANGED = PriceChanged(product_id=PRODUCT_ID, price=Decimal(10))
PRODUCT_DELISTED = ProductDelisted(product_id=PRODUCT_ID)
DELIST_PRODUCT = DelistProduct(product_id=PRODUCT_ID)


@pytest.fixture
def product() -> Scenario:
    return Scenario(decide, evolve)


def test_list_product_emits_product_listed(product: Scenario) -> None:
    product.when(LIST_PRODUCT).then(PRODUCT_LISTED)


def test_list_product_requires_a_new_product(product: Scenario) -> None:
    product.given(PRODUCT_LISTED).when(LIST_PRODUCT).refused("already_exists")


def test_change_price_emits_price_changed(product: Scenario) -> None:
    product.given(PRODUCT_LISTED).when(CHANGE_PRICE).then(PRICE_CHANGED)


def test_change_price_requires_a_product_that_is_listed(product: Scenario) -> None:
    product.given(PRODUCT_LISTED, PRODUCT_DELISTED).when(CHANGE_PRICE).refused("product_is_listed")


def test_change_price_requires_an_existing_product(product: Scenario) -> None:
    product.when(CHANGE_PRICE).refused("not_found")


def test_delist_product_emits_product_delisted(product: Scenario) -> None:
    product.given(PRODUCT_LISTED).when(DELIST_PRODUCT).then(PRODUCT_DELISTED)


def test_delist_product_requires_a_product_that_is_listed(product: Scenario) -> None:
    product.given(PRODUCT_LISTED, PRODUCT_DELISTED).when(DELIST_PRODUCT).refused(
        "product_is_listed"
    )


def test_delist_product_requires_an_existing_product(product: Scenario) -> None:
    product.when(DELIST_PRODUCT).refused("not_found")


def test_a_price_may_double(product: Scenario) -> None:
    doubled = PRODUCT_LISTED.price * 2
    product.given(PRODUCT_LISTED).when(ChangePrice(product_id=PRODUCT_ID, price=doubled)).then(
        PriceChanged(product_id=PRODUCT_ID, price=doubled)
    )


def test_a_price_that_rises_more_is_taken_for_a_slip(product: Scenario) -> None:
    tenfold = ChangePrice(product_id=PRODUCT_ID, price=PRODUCT_LISTED.price * 10)
    product.given(PRODUCT_LISTED).when(tenfold).refused("price_rise_is_moderate")
