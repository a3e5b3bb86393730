# scaffolded by meshgen - yours to edit
"""The HTTP API of product: its contract, and who has access."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from chassis.testing.unit import TestUnit
from shop_product.service import service

CONTRACT = Path(__file__).parents[3] / "contracts/openapi/product.json"
ID = UUID(int=0xA000)
COMMANDS = (
    ("POST", "/products"),
    ("POST", f"/products/{ID}/change-price"),
    ("POST", f"/products/{ID}/delist"),
)
READS = (f"/products/{ID}", "/products")
READS_BY_ROLE = (f"/products/{ID}",)


@pytest.fixture(scope="module")
def product() -> Iterator[TestUnit]:
    with TestUnit(service) as unit:
        yield unit


def test_the_contract_is_what_is_served(product: TestUnit) -> None:
    assert product.differences_from(CONTRACT) == []


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_a_command_requires_a_token(product: TestUnit, method: str, path: str) -> None:
    assert product.anonymous.send(method, path).status == 401


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_a_command_requires_its_role(product: TestUnit, method: str, path: str) -> None:
    assert product.caller("nobody").send(method, path).status == 403


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(product: TestUnit, path: str) -> None:
    assert product.anonymous.get(path).status == 401


@pytest.mark.parametrize("path", READS_BY_ROLE)
def test_a_read_requires_its_role(product: TestUnit, path: str) -> None:
    assert product.caller("nobody").get(path).status == 403
