"""`TestUnit`: how generated tests drive a unit, over the real runtime and store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.messages import CommandRefused
from chassis.testing.caller import TestCaller
from chassis.testing.unit import TestUnit

from tests.waiting import wait_until

from . import fronts, wallets
from .wallets import (
    Currency,
    DiscardStatement,
    GiftSent,
    PaidIn,
    PayIn,
    PrintStatement,
    StatementDiscarded,
    StatementPrinted,
    WalletClosed,
    WalletOpened,
    WalletReopened,
)

ID = UUID("8c7c0a5e-2d0a-4d8e-9a58-0d6f0a3f4b11")


@pytest.fixture
def wallet() -> Iterator[TestUnit]:
    with TestUnit(wallets.service) as unit:
        yield unit


@pytest.fixture
def balances() -> Iterator[TestUnit]:
    with TestUnit(wallets.projection) as unit:
        yield unit


@pytest.fixture
def alice(wallet: TestUnit) -> TestCaller:
    return wallet.caller("customer")


def opened(owner: TestCaller) -> str:
    answer = owner.post("/wallets/open-wallet", owner_id=owner.id, currency=Currency.EUR)
    assert answer.status == 201
    return f"/wallets/{answer.body['wallet_id']}"


def test_a_command_does_its_work(wallet: TestUnit, alice: TestCaller) -> None:
    path = opened(alice)
    answer = alice.post(f"{path}/pay-in", amount=Decimal("9.90"))
    assert answer.status == 200
    assert answer.body == {
        "wallet_id": path.rpartition("/")[2],
        "version": 2,
        "events": ["PaidIn"],
    }
    read = alice.get(path)
    assert read.body["balance"] == "9.90"
    assert read.headers["etag"] == answer.headers["etag"] == '"2"'
    id = UUID(path.rpartition("/")[2])
    assert wallet.published == (
        WalletOpened(wallet_id=id, owner_id=alice.id, currency=Currency.EUR),
        PaidIn(wallet_id=id, amount=Decimal("9.90")),
    )


def test_a_rule_refuses(wallet: TestUnit, alice: TestCaller) -> None:
    path = opened(alice)
    assert alice.post(f"{path}/close-wallet").status == 200
    answer = alice.post(f"{path}/pay-in", amount=1)
    assert (answer.status, answer.rule) == (409, "wallet_is_open")
    assert WalletClosed(wallet_id=UUID(path.rpartition("/")[2])) in wallet.published
    answer = alice.post(f"/wallets/{uuid4()}/close-wallet")
    assert (answer.status, answer.rule) == (404, "not_found")


def test_strangers_are_kept_out(wallet: TestUnit, alice: TestCaller) -> None:
    path = opened(alice)
    assert wallet.anonymous.get(path).status == 401
    assert wallet.anonymous.post(f"{path}/close-wallet").status == 401
    assert wallet.caller().post(f"{path}/pay-in", amount=1).status == 403
    bob = wallet.caller("customer")
    assert bob.get(path).status == 404
    assert bob.post(f"{path}/close-wallet").status == 403
    assert wallet.caller("customer", sub=alice.id).get(path).status == 200
    answer = bob.post("/wallets/open-wallet", owner_id=alice.id, currency="eur")
    assert answer.status == 403
    assert len(wallet.published) == 1


def test_a_request_sent_twice_is_carried_out_once(wallet: TestUnit, alice: TestCaller) -> None:
    path = opened(alice)
    twice = alice.with_headers(idempotency_key="k")
    first = twice.post(f"{path}/pay-in", amount=5)
    again = twice.post(f"{path}/pay-in", amount=5)
    assert (first.status, first.body) == (again.status, again.body)
    assert first.headers["etag"] == again.headers["etag"]
    assert alice.get(path).body["balance"] == "5"
    opening = {"owner_id": alice.id, "currency": "chf"}
    first = twice.post("/wallets/open-wallet", **opening)
    again = twice.post("/wallets/open-wallet", **opening)
    assert first.status == again.status == 201
    assert first.body == again.body
    assert first.headers["location"] == again.headers["location"]


def test_a_key_is_for_one_caller_route_and_body(wallet: TestUnit, alice: TestCaller) -> None:
    path = opened(alice)
    keyed = alice.with_headers(idempotency_key="k")
    assert keyed.post(f"{path}/pay-in", amount=5, notes=[{"text": "a"}]).status == 200
    assert keyed.post(f"{path}/pay-in", notes=[{"text": "a"}], amount=5).status == 200
    answer = keyed.post(f"{path}/pay-in", amount=6, notes=[{"text": "a"}])
    assert (answer.status, answer.rule) == (422, "idempotency_key_reused")
    clerk = wallet.caller("clerk", "customer").with_headers(idempotency_key="k")
    assert clerk.post(f"{path}/pay-in", amount=6).rule == "forbidden"
    assert keyed.post(f"{opened(alice)}/pay-in", amount=6).status == 200
    assert keyed.post(f"{path}/close-wallet").status == 200
    assert alice.get(path).body["balance"] == "5"


def test_a_refused_request_may_be_repeated_with_its_key(alice: TestCaller) -> None:
    """Nothing is recorded about it, so another attempt is a new one, also with another body."""
    id = uuid4()
    keyed = alice.with_headers(idempotency_key="k")
    assert keyed.post(f"/wallets/{id}/pay-in", amount=5).status == 404
    opening = {"wallet_id": id, "owner_id": alice.id, "currency": "eur"}
    assert alice.post("/wallets/open-wallet", **opening).status == 201
    assert keyed.post(f"/wallets/{id}/pay-in", amount=6).status == 200
    assert keyed.post(f"/wallets/{id}/pay-in", amount=5).rule == "idempotency_key_reused"
    assert alice.get(f"/wallets/{id}").body["balance"] == "6"


def test_one_of_several_versions_is_enough(alice: TestCaller) -> None:
    path = opened(alice)
    assert alice.with_headers(if_match='"7", "1"').post(f"{path}/pay-in", amount=1).status == 200
    assert alice.with_headers(if_match="*").post(f"{path}/pay-in", amount=1).status == 200
    assert alice.with_headers(if_match='"7", "1"').post(f"{path}/pay-in", amount=1).status == 412
    opening = {"owner_id": alice.id, "currency": "eur"}
    assert alice.with_headers(if_match="*").post("/wallets/open-wallet", **opening).status == 412
    assert alice.get(path).body["balance"] == "2"


def test_a_lost_update_is_refused(alice: TestCaller) -> None:
    path = opened(alice)
    assert alice.with_headers(if_match='"1"').post(f"{path}/pay-in", amount=1).status == 200
    answer = alice.with_headers(if_match='"1"').post(f"{path}/pay-in", amount=1)
    assert (answer.status, answer.rule) == (412, "version_mismatch")
    assert alice.with_headers(if_none_match='"2"').get(path).status == 304


def test_pages(wallet: TestUnit, alice: TestCaller) -> None:
    for amount in (3, 1, 2):
        alice.post(f"{opened(alice)}/pay-in", amount=amount)
    first = alice.get("/list-wallets", page=2, currency=Currency.EUR, closed=False)
    assert [item["balance"] for item in first.body["items"]] == ["1", "2"]
    rest = alice.get(
        "/list-wallets", page=2, currency="eur", closed=False, cursor=first.body["next"]
    )
    assert [item["balance"] for item in rest.body["items"]] == ["3"]
    assert rest.body["next"] is None
    assert alice.get("/list-wallets", closed=True).body == {"items": [], "next": None}
    answer = alice.get("/list-wallets", cursor="nonsense")
    assert (answer.status, answer.rule) == (422, "invalid_request")
    assert len(alice.get("/my-wallets", owner_id=alice.id).body["items"]) == 3
    assert alice.get("/my-wallets", owner_id=uuid4()).status == 403
    id = first.body["items"][0]["wallet_id"]
    assert alice.get("/wallet-of", wallet_id=id).body["balance"] == "1"
    assert wallet.caller().get("/wallet-of", wallet_id=id).status == 404


def test_events_of_others_are_received(wallet: TestUnit, alice: TestCaller) -> None:
    path = opened(alice)
    gift = GiftSent(gift_id=ID, wallet_id=UUID(path.rpartition("/")[2]), amount=Decimal(7))
    wallet.receive(gift)
    assert wallet.published[-1] == PaidIn(wallet_id=gift.wallet_id, amount=gift.amount)
    assert alice.get(path).body["balance"] == "7"


def closed(owner: TestCaller) -> UUID:
    path = opened(owner)
    owner.post(f"{path}/close-wallet")
    return UUID(path.rpartition("/")[2])


def test_an_answer_is_received_because_of_a_command(wallet: TestUnit, alice: TestCaller) -> None:
    id = closed(alice)
    assert wallet.published[-1] == PrintStatement(wallet_id=id)
    printed = StatementPrinted(wallet_id=id)
    wallet.receive(printed, caused_by=PrintStatement(wallet_id=id))
    wallet.advance(timedelta(hours=2))
    assert wallet.published[-1] == PrintStatement(wallet_id=id)
    assert alice.get(f"/wallets/{id}").body["closed"] is True
    with pytest.raises(AssertionError, match="wallet has not published"):
        wallet.receive(printed, caused_by=PrintStatement(wallet_id=ID))


def test_a_command_is_refused_by_its_receiver(wallet: TestUnit, alice: TestCaller) -> None:
    id = closed(alice)
    wallet.refuse(PrintStatement(wallet_id=id), "printer_has_paper")
    assert wallet.published[-1] == WalletReopened(wallet_id=id, reason="printer_has_paper")
    assert alice.get(f"/wallets/{id}").body["closed"] is False


def test_a_deadline_passes(wallet: TestUnit, alice: TestCaller) -> None:
    id = closed(alice)
    wallet.advance(timedelta(minutes=59))
    assert alice.get(f"/wallets/{id}").body["closed"] is True
    wallet.advance(timedelta(minutes=2))
    printed, discarded = StatementPrinted(wallet_id=id), StatementDiscarded(wallet_id=id)
    wallet.receive(printed, caused_by=PrintStatement(wallet_id=id))
    assert wallet.published[-1] == DiscardStatement(wallet_id=id)
    assert alice.get(f"/wallets/{id}").body["closed"] is True
    wallet.receive(discarded, caused_by=DiscardStatement(wallet_id=id))
    *_, last = wallet.published
    assert last == WalletReopened(wallet_id=id, reason="deadline passed")
    assert alice.get(f"/wallets/{id}").body["closed"] is False


def test_a_policy_waits_for_its_time(wallet: TestUnit, alice: TestCaller) -> None:
    path = opened(alice)
    wallet.advance(timedelta(days=364))
    assert alice.get(path).body["closed"] is False
    wallet.advance(timedelta(days=2))
    wait_until(lambda: alice.get(path).body["closed"] is True, "the closing")


def test_a_command_of_another_unit_is_trusted(wallet: TestUnit, alice: TestCaller) -> None:
    id = UUID(opened(alice).rpartition("/")[2])
    wallet.receive(PayIn(wallet_id=id, amount=Decimal(3)), PayIn(wallet_id=ID, amount=Decimal(3)))
    assert wallet.published[-2:] == (
        PaidIn(wallet_id=id, amount=Decimal(3)),
        CommandRefused(command="bank.wallet.PayIn.v1", rule="not_found"),
    )


def test_what_cannot_be_handled_fails_the_test(balances: TestUnit) -> None:
    with pytest.raises(AssertionError, match="balances failed: CorruptHistory"):
        balances.receive(PaidIn(wallet_id=ID, amount=Decimal(1)))
    balances.receive(WalletOpened(wallet_id=ID, owner_id=uuid4(), currency=Currency.EUR))


def test_a_projection_shows_what_it_received(balances: TestUnit) -> None:
    balances.receive(
        WalletOpened(wallet_id=ID, owner_id=uuid4(), currency=Currency.EUR),
        PaidIn(wallet_id=ID, amount=Decimal("1.50")),
        PaidIn(wallet_id=ID, amount=Decimal("2.50")),
    )
    anyone = balances.caller()
    assert anyone.get("/balance-of", wallet_id=ID).body == {
        "wallet_id": str(ID),
        "balance": "4.00",
    }
    assert len(anyone.get("/balances").body["items"]) == 1
    assert balances.published == ()


def test_what_is_not_listened_to_is_said(balances: TestUnit) -> None:
    gift = GiftSent(gift_id=ID, wallet_id=ID, amount=Decimal(7))
    with pytest.raises(AssertionError, match=r"balances does not consume bank\.gift\.events"):
        balances.receive(gift)


def test_a_front_end_with_backends_that_answer_what_is_said() -> None:
    alice = uuid4()
    tea = {"product_id": "p", "name": "Tea", "price": Decimal("1.10")}
    backends: dict[str, dict[str, Any]] = {
        "catalog": {"/browse": {"items": [tea], "next": None}},
        "cart": {
            f"/carts/{alice}": {"owner": "alice", "items": {}},
            f"/carts/{alice}/put-item": {"customer_id": alice, "version": 1, "events": []},
        },
        "order": {"/orders/00000000-0000-0000-0000-000000000000": 503},
    }
    with TestUnit(fronts.bff, backends=backends) as web:
        home = web.caller("customer", sub=alice).get("/home")
        assert home.status == 200
        assert home.body["products"]["items"] == [{**tea, "price": "1.10", "note": None}]
        assert home.body["cart"] == {"owner": "alice", "items": {}}
        assert set(web.requests) == {"catalog /browse?listed=true", f"cart /carts/{alice}"}
        assert web.caller().get("/home").body["cart"] is None
        assert web.caller().get(f"/orders/{UUID(int=0)}").status == 503
        assert web.caller().get(f"/orders/{uuid4()}").status == 404
        assert web.anonymous.get("/home").status == 401
        put = web.caller("customer", sub=alice).post("/cart/items", product_id=alice, quantity=1)
        assert (put.status, put.body["version"]) == (200, 1)
        assert web.requests[-1] == f"POST cart /carts/{alice}/put-item"
