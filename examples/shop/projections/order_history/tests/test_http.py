# scaffolded by meshgen - yours to edit
"""The HTTP API of order_history: its contract, and who has access."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.testing.unit import TestUnit
from shop_order_history.projection import projection

CONTRACT = Path(__file__).parents[3] / "contracts/openapi/order_history.json"
READS = ("/order-history",)


@pytest.fixture(scope="module")
def order_history() -> Iterator[TestUnit]:
    with TestUnit(projection) as unit:
        yield unit


def test_the_contract_is_what_is_served(order_history: TestUnit) -> None:
    assert order_history.differences_from(CONTRACT) == []


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(order_history: TestUnit, path: str) -> None:
    assert order_history.anonymous.get(path).status == 401
