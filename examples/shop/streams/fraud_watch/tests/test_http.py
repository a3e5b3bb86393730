# scaffolded by meshgen - yours to edit
"""Access to the HTTP API of fraud_watch."""

from collections.abc import Iterator

import pytest

from chassis.testing.unit import TestUnit
from shop_fraud_watch.stream import stream

READS = ("/fraud-watch",)


@pytest.fixture(scope="module")
def fraud_watch() -> Iterator[TestUnit]:
    with TestUnit(stream) as unit:
        yield unit


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(fraud_watch: TestUnit, path: str) -> None:
    assert fraud_watch.anonymous.get(path).status == 401
