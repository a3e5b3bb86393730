# scaffolded by meshgen - yours to edit
"""Given / when / then: what may happen to a product."""

from decimal import Decimal
from uuid import UUID

import pytest

from chassis.testing import Scenario
from shop_contracts.product import (
    ChangePrice,
    DelistProduct,
    ListProduct,
    PriceChanged,
    ProductDelisted,
    ProductListed,
)
from shop_product.domain.product import decide, evolve

ID = UUID(int=0xA000)
LIST_PRODUCT = ListProduct(product_id=ID, name="a name", category="a category", price=Decimal(10))
PRODUCT_LISTED = ProductListed(
    product_id=ID, name="a name", category="a category", price=Decimal(10)
)
CHANGE_PRICE = ChangePrice(product_id=ID, price=Decimal(10))
PRICE_CHANGED = PriceChanged(product_id=ID, price=Decimal(10))
PRODUCT_DELISTED = ProductDelisted(product_id=ID)
DELIST_PRODUCT = DelistProduct(product_id=ID)


@pytest.fixture
def product() -> Scenario:
    return Scenario(decide, evolve)


def test_list_product_leads_to_product_listed(product: Scenario) -> None:
    product.when(LIST_PRODUCT).then(PRODUCT_LISTED)


def test_list_product_is_refused_when_there_is_one_already(product: Scenario) -> None:
    product.given(PRODUCT_LISTED).when(LIST_PRODUCT).refused("already_exists")


def test_change_price_leads_to_price_changed(product: Scenario) -> None:
    product.given(PRODUCT_LISTED).when(CHANGE_PRICE).then(PRICE_CHANGED)


def test_change_price_is_refused_unless_product_is_listed(product: Scenario) -> None:
    product.given(PRODUCT_LISTED, PRODUCT_DELISTED).when(CHANGE_PRICE).refused("product_is_listed")


def test_change_price_is_refused_when_there_is_none(product: Scenario) -> None:
    product.when(CHANGE_PRICE).refused("not_found")


def test_delist_product_leads_to_product_delisted(product: Scenario) -> None:
    product.given(PRODUCT_LISTED).when(DELIST_PRODUCT).then(PRODUCT_DELISTED)


def test_delist_product_is_refused_unless_product_is_listed(product: Scenario) -> None:
    product.given(PRODUCT_LISTED, PRODUCT_DELISTED).when(DELIST_PRODUCT).refused(
        "product_is_listed"
    )


def test_delist_product_is_refused_when_there_is_none(product: Scenario) -> None:
    product.when(DELIST_PRODUCT).refused("not_found")


def test_a_price_may_double(product: Scenario) -> None:
    doubled = PRODUCT_LISTED.price * 2
    product.given(PRODUCT_LISTED).when(ChangePrice(product_id=ID, price=doubled)).then(
        PriceChanged(product_id=ID, price=doubled)
    )


def test_a_price_that_rises_more_is_taken_for_a_slip(product: Scenario) -> None:
    tenfold = ChangePrice(product_id=ID, price=PRODUCT_LISTED.price * 10)
    product.given(PRODUCT_LISTED).when(tenfold).refused("price_rise_is_moderate")
