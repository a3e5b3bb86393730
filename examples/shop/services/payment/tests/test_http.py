# scaffolded by meshgen - yours to edit
"""The HTTP API of payment: its contract, and who has access."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from chassis.testing.unit import TestUnit
from shop_payment.service import service

CONTRACT = Path(__file__).parents[3] / "contracts/openapi/payment.json"
ID = UUID(int=0xA000)
READS = (f"/payments/{ID}", "/payments/payment-of-order")


@pytest.fixture(scope="module")
def payment() -> Iterator[TestUnit]:
    with TestUnit(service) as unit:
        yield unit


def test_the_contract_is_what_is_served(payment: TestUnit) -> None:
    assert payment.differences_from(CONTRACT) == []


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(payment: TestUnit, path: str) -> None:
    assert payment.anonymous.get(path).status == 401
