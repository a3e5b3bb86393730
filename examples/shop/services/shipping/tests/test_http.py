# scaffolded by meshgen - yours to edit
"""Access to the HTTP API of shipping."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from chassis.testing.unit import TestUnit
from shop_shipping.service import service

ID = UUID(int=0xA000)
READS = (f"/shipments/{ID}", "/shipments/parcel-of-order")


@pytest.fixture(scope="module")
def shipping() -> Iterator[TestUnit]:
    with TestUnit(service) as unit:
        yield unit


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(shipping: TestUnit, path: str) -> None:
    assert shipping.anonymous.get(path).status == 401
