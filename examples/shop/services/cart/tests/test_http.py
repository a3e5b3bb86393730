# scaffolded by meshgen - yours to edit
"""The HTTP API of cart: its contract, and who has access."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from chassis.testing.unit import TestUnit
from shop_cart.service import service

CONTRACT = Path(__file__).parents[3] / "contracts/openapi/cart.json"
ID = UUID(int=0xA000)
COMMANDS = (
    ("POST", f"/carts/{ID}/put-item"),
    ("POST", f"/carts/{ID}/take-item-out"),
    ("POST", f"/carts/{ID}/check-out"),
)
READS = (f"/carts/{ID}",)


@pytest.fixture(scope="module")
def cart() -> Iterator[TestUnit]:
    with TestUnit(service) as unit:
        yield unit


def test_the_contract_is_what_is_served(cart: TestUnit) -> None:
    assert cart.differences_from(CONTRACT) == []


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_a_command_requires_a_token(cart: TestUnit, method: str, path: str) -> None:
    assert cart.anonymous.send(method, path).status == 401


@pytest.mark.parametrize(("method", "path"), COMMANDS)
def test_a_command_requires_its_role(cart: TestUnit, method: str, path: str) -> None:
    assert cart.caller("nobody").send(method, path).status == 403


@pytest.mark.parametrize("path", READS)
def test_a_read_requires_a_token(cart: TestUnit, path: str) -> None:
    assert cart.anonymous.get(path).status == 401
