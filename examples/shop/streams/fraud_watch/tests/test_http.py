# scaffolded by meshgen - yours to edit
"""The HTTP API of fraud_watch: its contract, and who has access."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.testing.unit import TestUnit
from shop_fraud_watch.stream import stream

CONTRACT = Path(__file__).parents[3] / "contracts/openapi/fraud_watch.json"
READS = ("/fraud-watch",)


@pytest.fixture(scope="module")
def fraud_watch() -> Iterator[TestUnit]:
    with TestUnit(stream) as unit:
        yield unit


def test_the_contract_is_what_is_served(fraud_watch: TestUnit) -> None:
    assert fraud_watch.differences_from(CONTRACT) == []


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(fraud_watch: TestUnit, path: str) -> None:
    assert fraud_watch.anonymous.get(path).status == 401
