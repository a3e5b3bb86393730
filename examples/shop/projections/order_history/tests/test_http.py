# scaffolded by meshgen - yours to edit
"""Access to the HTTP API of order_history."""

from collections.abc import Iterator

import pytest

from chassis.testing.unit import TestUnit
from shop_order_history.projection import projection

READS = ("/order-history",)


@pytest.fixture(scope="module")
def order_history() -> Iterator[TestUnit]:
    with TestUnit(projection) as unit:
        yield unit


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(order_history: TestUnit, path: str) -> None:
    assert order_history.anonymous.get(path).status == 401
