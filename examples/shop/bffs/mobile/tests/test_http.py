# scaffolded by meshgen - yours to edit
"""The HTTP API of mobile: its contract, its calls, and who has access."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.testing.promises import Operation, operations
from chassis.testing.unit import TestUnit
from shop_mobile.bff import bff

CONTRACTS = Path(__file__).parents[3] / "contracts/openapi"
CONTRACT = CONTRACTS / "mobile.json"
OPERATIONS = operations(CONTRACT)
SECURED = tuple(operation for operation in OPERATIONS if operation.secured)


@pytest.fixture(scope="module")
def mobile() -> Iterator[TestUnit]:
    with TestUnit(bff, contracts=CONTRACTS) as unit:
        yield unit


def test_the_contract_is_what_is_served(mobile: TestUnit) -> None:
    assert mobile.differences_from(CONTRACT) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_it_calls_what_the_contracts_promise(mobile: TestUnit, operation: Operation) -> None:
    assert mobile.caller().carry_out(operation).status in (200, 201)


@pytest.mark.parametrize("operation", SECURED, ids=str)
def test_a_token_is_required(mobile: TestUnit, operation: Operation) -> None:
    assert mobile.anonymous.carry_out(operation).status == 401
