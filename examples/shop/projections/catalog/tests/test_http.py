# scaffolded by meshgen - yours to edit
"""Access to the HTTP API of catalog."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from chassis.testing.unit import TestUnit
from shop_catalog.projection import projection

ID = UUID(int=0xA000)
READS = ("/catalog", f"/catalog/{ID}")


@pytest.fixture(scope="module")
def catalog() -> Iterator[TestUnit]:
    with TestUnit(projection) as unit:
        yield unit


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(catalog: TestUnit, path: str) -> None:
    assert catalog.anonymous.get(path).status == 401
