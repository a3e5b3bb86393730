# scaffolded by meshgen - yours to edit
"""The HTTP API of order: its contract, and who has access."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from chassis.testing.unit import TestUnit
from shop_order.service import service

CONTRACT = Path(__file__).parents[3] / "contracts/openapi/order.json"
ID = UUID(int=0xA000)
COMMANDS = (("POST", f"/orders/{ID}/cancel"),)
READS = (f"/orders/{ID}",)


@pytest.fixture(scope="module")
def order() -> Iterator[TestUnit]:
    with TestUnit(service) as unit:
        yield unit


def test_the_contract_is_what_is_served(order: TestUnit) -> None:
    assert order.differences_from(CONTRACT) == []


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_a_command_requires_a_token(order: TestUnit, method: str, path: str) -> None:
    assert order.anonymous.send(method, path).status == 401


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_a_command_requires_its_role(order: TestUnit, method: str, path: str) -> None:
    assert order.caller("nobody").send(method, path).status == 403


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(order: TestUnit, path: str) -> None:
    assert order.anonymous.get(path).status == 401
