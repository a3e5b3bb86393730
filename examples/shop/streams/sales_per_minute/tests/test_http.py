# scaffolded by meshgen - yours to edit
"""The HTTP API of sales_per_minute: its contract, and who has access."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.testing.unit import TestUnit
from shop_sales_per_minute.stream import stream

CONTRACT = Path(__file__).parents[3] / "contracts/openapi/sales_per_minute.json"
READS = ("/sales-per-minute",)


@pytest.fixture(scope="module")
def sales_per_minute() -> Iterator[TestUnit]:
    with TestUnit(stream) as unit:
        yield unit


def test_the_contract_is_what_is_served(sales_per_minute: TestUnit) -> None:
    assert sales_per_minute.differences_from(CONTRACT) == []


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(sales_per_minute: TestUnit, path: str) -> None:
    assert sales_per_minute.anonymous.get(path).status == 401
