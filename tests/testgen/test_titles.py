"""Titles of examples: rules in plain English."""

from __future__ import annotations

import pytest

from meshgen.naming import article
from meshgen.testgen.examples.titles import requirement


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("cart_is_not_empty", "a cart that is not empty"),
        ("order_is_open", "an order that is open"),
        ("stock_is_reserved", "stock that is reserved"),
        ("items_are_in_cart", "items that are in cart"),
        ("room_has_beds", "a room that has beds"),
        ("is_open", "a thing that is open"),
        ("every_line_is_positive", "that every line is positive"),
        ("enough_stock", "enough stock"),
    ],
)
def test_a_requirement(rule: str, expected: str) -> None:
    assert requirement(rule, "Thing") == expected


@pytest.mark.parametrize(
    "phrase",
    ["an order", "a user", "an hour", "a unit", "an uninvited guest", "an index"],
)
def test_an_article(phrase: str) -> None:
    assert article(phrase.partition(" ")[2]) == phrase
