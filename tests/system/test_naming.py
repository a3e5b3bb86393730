"""One spelling in the spec, and how each place writes it."""

import pytest

from meshgen.naming import article, identifier, kebab, pascal, plural, snake, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Order", "order"),
        ("OrderHistory", "order_history"),
        ("HTTPRoute", "http_route"),
        ("Item2Box", "item2_box"),
        ("order_history", "order_history"),
    ],
)
def test_snake(name: str, expected: str) -> None:
    assert snake(name) == expected


def test_the_other_spellings() -> None:
    assert kebab("OrderHistory") == "order-history"
    assert kebab("order_history") == "order-history"
    assert pascal("order_history") == "OrderHistory"
    assert words("OrderHistory") == "order history"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("order", "orders"),
        ("category", "categories"),
        ("day", "days"),
        ("stock-box", "stock-boxes"),
    ],
)
def test_plural(word: str, expected: str) -> None:
    assert plural(word) == expected


def test_article() -> None:
    assert article("order") == "an order"
    assert article("cart") == "a cart"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Return", "return_"),
        ("Match", "match_"),
        ("List", "list_"),
        ("Date", "date_"),
        ("OrderLine", "order_line"),
        ("head-nurse", "head_nurse"),
    ],
)
def test_an_identifier_hides_nothing(name: str, expected: str) -> None:
    assert identifier(name) == expected
