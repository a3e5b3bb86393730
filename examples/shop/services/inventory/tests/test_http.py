# scaffolded by meshgen - yours to edit
"""The HTTP API of inventory: its contract, and who has access."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from chassis.testing.unit import TestUnit
from shop_inventory.service import service

CONTRACT = Path(__file__).parents[3] / "contracts/openapi/inventory.json"
ID = UUID(int=0xA000)
COMMANDS = (("POST", f"/stock-items/{ID}/receive-stock"),)
READS = (f"/stock-items/{ID}", "/stock-items/stock-of")
READS_BY_ROLE = (f"/stock-items/{ID}",)


@pytest.fixture(scope="module")
def inventory() -> Iterator[TestUnit]:
    with TestUnit(service) as unit:
        yield unit


def test_the_contract_is_what_is_served(inventory: TestUnit) -> None:
    assert inventory.differences_from(CONTRACT) == []


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_a_command_requires_a_token(inventory: TestUnit, method: str, path: str) -> None:
    assert inventory.anonymous.send(method, path).status == 401


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_a_command_requires_its_role(inventory: TestUnit, method: str, path: str) -> None:
    assert inventory.caller("nobody").send(method, path).status == 403


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(inventory: TestUnit, path: str) -> None:
    assert inventory.anonymous.get(path).status == 401


@pytest.mark.parametrize("path", READS_BY_ROLE)
def test_a_read_requires_its_role(inventory: TestUnit, path: str) -> None:
    assert inventory.caller("nobody").get(path).status == 403
