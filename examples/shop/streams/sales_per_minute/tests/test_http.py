# scaffolded by meshgen - yours to edit
"""Access to the HTTP API of sales_per_minute."""

from collections.abc import Iterator

import pytest

from chassis.testing.unit import TestUnit
from shop_sales_per_minute.stream import stream

READS = ("/sales-per-minute",)


@pytest.fixture(scope="module")
def sales_per_minute() -> Iterator[TestUnit]:
    with TestUnit(stream) as unit:
        yield unit


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(sales_per_minute: TestUnit, path: str) -> None:
    assert sales_per_minute.anonymous.get(path).status == 401
