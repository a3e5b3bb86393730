# scaffolded by meshgen - yours to edit
"""The HTTP API of suspects: its contract, and who has access."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.testing.unit import TestUnit
from shop_suspects.projection import projection

CONTRACT = Path(__file__).parents[3] / "contracts/openapi/suspects.json"
READS = ("/suspects",)


@pytest.fixture(scope="module")
def suspects() -> Iterator[TestUnit]:
    with TestUnit(projection) as unit:
        yield unit


def test_the_contract_is_what_is_served(suspects: TestUnit) -> None:
    assert suspects.differences_from(CONTRACT) == []


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(suspects: TestUnit, path: str) -> None:
    assert suspects.anonymous.get(path).status == 401
