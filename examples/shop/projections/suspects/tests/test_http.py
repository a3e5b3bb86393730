# scaffolded by meshgen - yours to edit
"""Access to the HTTP API of suspects."""

from collections.abc import Iterator

import pytest

from chassis.testing.unit import TestUnit
from shop_suspects.projection import projection

READS = ("/suspects",)


@pytest.fixture(scope="module")
def suspects() -> Iterator[TestUnit]:
    with TestUnit(projection) as unit:
        yield unit


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(suspects: TestUnit, path: str) -> None:
    assert suspects.anonymous.get(path).status == 401
