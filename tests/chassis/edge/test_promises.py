"""Backends that keep to contracts, in tests of backends-for-frontends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from chassis.bff import Answer, Backends, Bff, Router, optional
from chassis.testing.promises import operations
from chassis.testing.unit import TestUnit

from . import wallets
from .wallets import Currency

ID = UUID("8c7c0a5e-2d0a-4d8e-9a58-0d6f0a3f4b11")
router = Router()


class Wallet(Answer):
    wallet_id: UUID
    owner_id: UUID


class Whole(Answer):
    wallet: Wallet | None


@router.get("/promised/{id}")
async def promised(id: UUID, backends: Backends) -> Whole:
    return Whole(wallet=await optional(backends.get(Wallet, "wallet", f"/wallets/{id}")))


@router.get("/unknown-path")
async def unknown_path(backends: Backends) -> Whole:
    return Whole(wallet=await optional(backends.get(Wallet, "wallet", "/purses/1")))


@router.get("/unknown-parameter")
async def unknown_parameter(backends: Backends) -> Whole:
    found = backends.get(Wallet, "wallet", f"/wallets/{ID}", colour="red")
    return Whole(wallet=await optional(found))


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracts")
    with TestUnit(wallets.service) as unit:
        document = unit.anonymous.get("/openapi.json").body
    (folder / "wallet.json").write_text(json.dumps(document, default=float), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def front(contracts: Path) -> Iterator[TestUnit]:
    bff = Bff(name="front", calls=("wallet",), routers=(router,))
    with TestUnit(bff, contracts=contracts) as unit:
        yield unit


def test_what_is_promised_is_answered_with_its_example(front: TestUnit) -> None:
    answer = front.caller().get(f"/promised/{ID}")
    assert answer.status == 200
    assert UUID(answer.body["wallet"]["wallet_id"])


@pytest.mark.parametrize("path", ["/unknown-path", "/unknown-parameter"])
def test_what_is_not_promised_fails_although_the_part_is_optional(
    front: TestUnit, path: str
) -> None:
    assert front.caller().get(path).status == 500


def test_a_single_response_can_be_replaced(contracts: Path) -> None:
    bff = Bff(name="front", calls=("wallet",), routers=(router,))
    replaced = {"wallet": {f"/wallets/{ID}": 503}}
    with TestUnit(bff, backends=replaced, contracts=contracts) as front:
        assert front.caller().get(f"/promised/{ID}").body == {"wallet": None}


def test_the_examples_of_a_contract_are_requests(contracts: Path) -> None:
    found = {str(each): each for each in operations(contracts / "wallet.json")}
    opening = found["POST /wallets/open-wallet"]
    assert opening.secured
    assert opening.body["currency"] == Currency.EUR
    with TestUnit(wallets.service) as wallet:
        owner = wallet.caller("customer", sub=UUID(opening.body["owner_id"]))
        assert owner.carry_out(opening).status == 201
