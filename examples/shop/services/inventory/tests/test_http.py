# scaffolded by meshgen - yours to edit
"""Access to the HTTP API of inventory."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from chassis.testing.unit import TestUnit
from shop_inventory.service import service

ID = UUID(int=0xA000)
COMMANDS = (("POST", f"/stock-items/{ID}/receive-stock"),)
READS = (f"/stock-items/{ID}", "/stock-items/stock-of")
READS_BY_ROLE = (f"/stock-items/{ID}",)


@pytest.fixture(scope="module")
def inventory() -> Iterator[TestUnit]:
    with TestUnit(service) as unit:
        yield unit


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
