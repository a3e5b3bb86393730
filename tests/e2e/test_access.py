"""The bank: who may do and read what, through its gateway, with the tokens of its issuer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from chassis.testing.system import Caller, System

from tests.e2e.conftest import Project


@pytest.fixture(scope="module")
def bank(generated: Callable[[str], Project]) -> Iterator[System]:
    """The bank, up."""
    project = generated("bank")
    project.make("up")
    yield System.running(project.root)
    project.run("down")


@pytest.fixture
def alice(bank: System) -> Caller:
    return bank.caller("customer")


@pytest.fixture
def account(alice: Caller) -> str:
    """The path of an account that Alice has opened."""
    return f"/accounts/{alice.post('/accounts')['account_id']}"


def test_each_holder_has_access_and_nobody_else(bank: System, alice: Caller, account: str) -> None:
    bob, mallory = bank.caller("customer"), bank.caller("customer")
    bob.refused("GET", account, 404)
    bob.refused("POST", f"{account}/pay-in", 403, amount=1)
    alice.post(f"{account}/add-holder", holder_id=bob.id)
    bob.post(f"{account}/pay-in", amount=1)
    assert bob.get(account)["holder_ids"] == [str(alice.id), str(bob.id)]
    mallory.refused("GET", account, 404)
    mallory.refused("POST", f"{account}/add-holder", 403, holder_id=mallory.id)
    alice.post(f"{account}/leave")
    alice.refused("GET", account, 404)
    assert bob.get(account)["holder_ids"] == [str(bob.id)]


def test_roles_reach_as_far_as_the_spec_says(bank: System, alice: Caller, account: str) -> None:
    clerk, auditor = bank.caller("clerk"), bank.caller("auditor")
    clerk.post(f"{account}/pay-in", amount=5)
    clerk.refused("POST", f"{account}/add-holder", 403, holder_id=clerk.id)
    auditor.refused("POST", f"{account}/pay-in", 403, amount=5)
    clerk.post(f"{account}/freeze")
    assert auditor.get(account)["frozen_by"] == str(clerk.id)
    found = {"account_id": account.rpartition("/")[2]}
    for caller, status in ((alice, 200), (auditor, 200), (bank.caller("customer"), 404)):
        assert caller.request("GET", "/accounts/account-of", params=found).status == status
    clerk.refused("GET", "/accounts/account-of", 403)
    alice.refused("GET", "/accounts", 403)


def test_rows_have_the_owners_of_what_they_tell(bank: System, alice: Caller, account: str) -> None:
    id = account.rpartition("/")[2]
    bank.caller("auditor").eventually(f"/openings/{id}")
    assert alice.request("GET", f"/openings/{id}").status == 200
    bob = bank.caller("customer")
    assert bob.request("GET", f"/openings/{id}").status == 404
    opened = {"opened_by": str(alice.id)}
    assert alice.request("GET", "/openings", params=opened).status == 200
    assert bob.request("GET", "/openings", params=opened).status == 403


def test_a_rule_knows_the_caller(bank: System) -> None:
    kim = bank.caller("customer", "clerk")
    own = f"/accounts/{kim.post('/accounts')['account_id']}"
    assert kim.refused("POST", f"{own}/freeze", 409)["type"] == "urn:problem:not_their_own"


def test_nobody_says_who_the_caller_is(bank: System, alice: Caller) -> None:
    path = "/accounts"
    problem = alice.refused("POST", path, 422, opened_by=uuid4())
    assert [error["field"] for error in problem["errors"]] == ["opened_by"]
    of_alice = f"{path}/{alice.post(path)['account_id']}"
    problem = alice.refused("POST", f"{of_alice}/leave", 422, caller_id=uuid4())
    assert [error["field"] for error in problem["errors"]] == ["caller_id"]
    alice.post("/profiles/choose-nickname", nickname="Al")
    bank.caller("customer").post("/profiles/choose-nickname", nickname="Bob")
    profile = {"customer_id": str(alice.id), "nickname": "Al"}
    assert alice.get(f"/profiles/{alice.id}") == profile


def test_what_nobody_may_read_is_not_there(bank: System, account: str) -> None:
    id = account.rpartition("/")[2]
    bank.caller("clerk").refused("GET", f"/ledgers/{id}", 404)


def test_what_is_public_needs_no_token_but_none_that_is_wrong(bank: System) -> None:
    clerk, nobody = bank.caller("clerk"), bank.anonymous()
    city = f"Ulm {uuid4()}"
    branch = clerk.post("/branches", city=city)["branch_id"]
    items = nobody.get("/branches", city=city)["items"]
    assert items == [{"branch_id": branch, "city": city}]
    clerk.eventually(f"/cities/{branch}")
    assert nobody.get(f"/site/branches/{branch}")["branch"] == {"branch_id": branch, "city": city}
    assert nobody.get("/site/branches")["branches"]["items"]
    wrong = {"authorization": "Bearer x.y.z"}
    assert nobody.request("GET", "/branches", headers=wrong).status == 401
    for path in ("/site/me", "/site/branches/a/b", "/openapi/branch.json", "/branches/x"):
        nobody.refused("GET", path, 401)
    nobody.refused("POST", "/branches", 401, city=city)
    assert bank.caller("customer").get("/site/branches")["branches"]["items"]


def test_callers_without_a_token_have_a_rate_limit_of_their_own(bank: System) -> None:
    nobody, customer = bank.anonymous(), bank.caller("customer")

    def request(_: int) -> int:
        return nobody.request("GET", "/branches", quiet=True).status

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(request, range(80)))
    assert answers == {200, 429}
    assert customer.request("GET", "/branches").status == 200
