# scaffolded by meshgen - yours to edit
"""Access to the HTTP API of payment."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from chassis.testing.unit import TestUnit
from shop_payment.service import service

ID = UUID(int=0xA000)
READS = (f"/payments/{ID}", "/payments/payment-of-order")


@pytest.fixture(scope="module")
def payment() -> Iterator[TestUnit]:
    with TestUnit(service) as unit:
        yield unit


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(payment: TestUnit, path: str) -> None:
    assert payment.anonymous.get(path).status == 401
