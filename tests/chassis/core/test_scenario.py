"""The scenarios that the tests of projects are written in."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from chassis.testing import NOW, Scenario, new_id

from . import market

ID, CUSTOMER, TEAPOT = uuid4(), uuid4(), uuid4()
ORDER = Scenario(market.decide_order, market.evolve_order)
PAYMENT = Scenario(market.decide_payment, market.evolve_payment)
LINES = [market.Line(product_id=TEAPOT, quantity=2)]


def placed() -> market.OrderPlaced:
    return market.OrderPlaced(
        order_id=ID, customer_id=CUSTOMER, lines=LINES, total=Decimal("39.80"), placed_at=NOW
    )


def place() -> market.PlaceOrder:
    return market.PlaceOrder(order_id=ID, customer_id=CUSTOMER, lines=LINES)


def test_events_follow() -> None:
    price = market.ProductCopy(product_id=TEAPOT, price=Decimal("19.90"))
    ORDER.given_rows(price).when(place()).then(placed())


def test_it_is_refused() -> None:
    ORDER.when(place()).refused("product_copy_not_found")
    ORDER.given(placed()).when(place()).refused("already_exists")


def test_a_port_answers() -> None:
    question = market.Authorize(order_id=ID, amount=Decimal(5))
    command = market.CapturePayment(order_id=ID, customer_id=CUSTOMER, amount=Decimal(5))
    approved = market.Authorization(approved=True, reason="")
    PAYMENT.given_answer(question, approved).when(command).then(
        market.PaymentCaptured(order_id=ID, customer_id=CUSTOMER, amount=Decimal(5))
    )
    with pytest.raises(AssertionError, match="nothing answers Authorize"):
        PAYMENT.when(command).then()


def test_what_is_wrong_is_said() -> None:
    confirm = market.ConfirmOrder(order_id=ID)
    with pytest.raises(AssertionError, match=r"decided\n  OrderConfirmed.*\nexpected nothing"):
        ORDER.given(placed()).when(confirm).then()
    with pytest.raises(AssertionError, match="OrderConfirmed"):
        ORDER.given(placed()).when(confirm).refused("order_is_open")
    with pytest.raises(AssertionError, match="not_found"):
        ORDER.when(confirm).refused("order_is_open")
    with pytest.raises(AssertionError, match="has no command"):
        ORDER.then()


def test_a_scenario_is_never_changed() -> None:
    given = ORDER.given(placed())
    assert ORDER.events == ()
    assert given.given(placed()).events == (placed(), placed())
    assert new_id(1) != new_id(2)
