# scaffolded by meshgen - yours to edit
"""The HTTP API of shipping: its contract, and who has access."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from chassis.testing.unit import TestUnit
from shop_shipping.service import service

CONTRACT = Path(__file__).parents[3] / "contracts/openapi/shipping.json"
ID = UUID(int=0xA000)
READS = (f"/shipments/{ID}", "/shipments/parcel-of-order")


@pytest.fixture(scope="module")
def shipping() -> Iterator[TestUnit]:
    with TestUnit(service) as unit:
        yield unit


def test_the_contract_is_what_is_served(shipping: TestUnit) -> None:
    assert shipping.differences_from(CONTRACT) == []


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(shipping: TestUnit, path: str) -> None:
    assert shipping.anonymous.get(path).status == 401
