# scaffolded by meshgen - yours to edit
"""The HTTP API of catalog: its contract, and who has access."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from chassis.testing.unit import TestUnit
from shop_catalog.projection import projection

CONTRACT = Path(__file__).parents[3] / "contracts/openapi/catalog.json"
ID = UUID(int=0xA000)
READS = ("/catalog", f"/catalog/{ID}")


@pytest.fixture(scope="module")
def catalog() -> Iterator[TestUnit]:
    with TestUnit(projection) as unit:
        yield unit


def test_the_contract_is_what_is_served(catalog: TestUnit) -> None:
    assert catalog.differences_from(CONTRACT) == []


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(catalog: TestUnit, path: str) -> None:
    assert catalog.anonymous.get(path).status == 401
