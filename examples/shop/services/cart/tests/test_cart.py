# scaffolded by meshgen - yours to edit
"""Scenarios of the cart aggregate: given, when, then."""

from decimal import Decimal

import pytest

from chassis.testing import Scenario, example_id, new_id
from shop_cart.domain.cart import decide, evolve
from shop_cart.replicas import Product
from shop_contracts.cart import (
    CartCheckedOut,
    CheckOut,
    ItemPutInCart,
    ItemTakenOut,
    PutItem,
    TakeItemOut,
)
from shop_contracts.types import OrderLine

PRODUCT_ID = example_id("product_id")
CUSTOMER_ID = example_id("customer_id")
PRODUCT_ID_2 = example_id("product_id", 2)
PUT_ITEM = PutItem(customer_id=CUSTOMER_ID, product_id=PRODUCT_ID, quantity=1)
ITEM_PUT_IN_CART = ItemPutInCart(
    customer_id=CUSTOMER_ID, product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10)
)
TAKE_ITEM_OUT = TakeItemOut(customer_id=CUSTOMER_ID, product_id=PRODUCT_ID)
ITEM_TAKEN_OUT = ItemTakenOut(customer_id=CUSTOMER_ID, product_id=PRODUCT_ID)
CHECK_OUT = CheckOut(customer_id=CUSTOMER_ID)
CART_CHECKED_OUT = CartCheckedOut(
    customer_id=CUSTOMER_ID,
    checkout_id=new_id(1),
    lines=[OrderLine(product_id=PRODUCT_ID, quantity=1, unit_price=Decimal(10))],
)


@pytest.fixture
def cart() -> Scenario:
    return Scenario(decide, evolve)


def test_put_item_emits_item_put_in_cart(cart: Scenario) -> None:
    cart.given_rows(Product(product_id=PRODUCT_ID, price=Decimal(10), listed=True)).when(
        PUT_ITEM
    ).then(ITEM_PUT_IN_CART)


def test_put_item_requires_a_product_that_is_listed(cart: Scenario) -> None:
    cart.given_rows(Product(product_id=PRODUCT_ID, price=Decimal(10), listed=False)).when(
        PUT_ITEM
    ).refused("product_is_listed")


def test_put_item_requires_an_existing_product(cart: Scenario) -> None:
    cart.when(PUT_ITEM).refused("product_not_found")


def test_take_item_out_emits_item_taken_out(cart: Scenario) -> None:
    cart.given(ITEM_PUT_IN_CART).when(TAKE_ITEM_OUT).then(ITEM_TAKEN_OUT)


def test_take_item_out_requires_an_item_that_is_in_cart(cart: Scenario) -> None:
    cart.given(ITEM_PUT_IN_CART).when(
        TakeItemOut(customer_id=CUSTOMER_ID, product_id=PRODUCT_ID_2)
    ).refused("item_is_in_cart")


def test_take_item_out_requires_an_existing_cart(cart: Scenario) -> None:
    cart.when(TAKE_ITEM_OUT).refused("not_found")


def test_check_out_emits_cart_checked_out(cart: Scenario) -> None:
    cart.given(ITEM_PUT_IN_CART).when(CHECK_OUT).then(CART_CHECKED_OUT)


def test_check_out_requires_a_cart_that_is_not_empty(cart: Scenario) -> None:
    cart.given(ITEM_PUT_IN_CART, ITEM_TAKEN_OUT).when(CHECK_OUT).refused("cart_is_not_empty")


def test_check_out_requires_an_existing_cart(cart: Scenario) -> None:
    cart.when(CHECK_OUT).refused("not_found")
