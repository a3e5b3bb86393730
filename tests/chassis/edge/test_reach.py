"""How far access goes: to what belongs to the caller, to everything, and without a token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never
from uuid import UUID, uuid4

import pytest
from chassis.domain import Context, existing, require_new
from chassis.http import ANY, OWN, find, get, post, search
from chassis.messages import Catalog, Command, Event, MessageType
from chassis.service import Service, StateStored
from chassis.testing.caller import TestCaller
from chassis.testing.unit import TestUnit


class OpenAccount(Command):
    account_id: UUID
    opened_by: UUID


class AddHolder(Command):
    account_id: UUID
    holder_id: UUID


class Leave(Command):
    account_id: UUID
    holder_id: UUID


class AccountOpened(Event):
    account_id: UUID
    holder_id: UUID


class HolderAdded(Event):
    account_id: UUID
    holder_id: UUID


class HolderLeft(Event):
    account_id: UUID
    holder_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    account_id: UUID
    holder_ids: tuple[UUID, ...]
    opened_by: UUID


def decide(
    command: OpenAccount | AddHolder | Leave, account: Account | None, context: Context
) -> Iterator[AccountOpened | HolderAdded | HolderLeft]:
    match command:
        case OpenAccount():
            require_new(account)
            yield AccountOpened(account_id=command.account_id, holder_id=command.opened_by)
        case AddHolder():
            yield HolderAdded(account_id=command.account_id, holder_id=command.holder_id)
        case Leave():
            yield HolderLeft(account_id=command.account_id, holder_id=command.holder_id)
        case _:
            assert_never(command)


def evolve(account: Account | None, event: AccountOpened | HolderAdded | HolderLeft) -> Account:
    match event:
        case AccountOpened():
            return Account(
                account_id=event.account_id,
                holder_ids=(event.holder_id,),
                opened_by=event.holder_id,
            )
        case HolderAdded():
            account = existing(account)
            return replace(account, holder_ids=(*account.holder_ids, event.holder_id))
        case HolderLeft():
            account = existing(account)
            left = tuple(id for id in account.holder_ids if id != event.holder_id)
            return replace(account, holder_ids=left)
        case _:
            assert_never(event)


EVENTS, COMMANDS = "bank.account.events", "bank.account.commands"
MESSAGES = Catalog(
    system="bank",
    messages=(
        *(
            MessageType(m, name=f"bank.account.{m.__name__}.v1", topic=EVENTS, subject="account_id")
            for m in (AccountOpened, HolderAdded, HolderLeft)
        ),
        *(
            MessageType(
                m, name=f"bank.account.{m.__name__}.v1", topic=COMMANDS, subject="account_id"
            )
            for m in (OpenAccount, AddHolder, Leave)
        ),
    ),
    partitions=1,
    retention=timedelta(days=1),
)
BOTH = {"customer": OWN, "clerk": ANY}
service = Service(
    name="account",
    messages=MESSAGES,
    aggregates=(
        StateStored(Account, decide=decide, evolve=evolve, id="account_id", owner="holder_ids"),
    ),
    routes=(
        post("/accounts/open", OpenAccount, roles=("customer",), caller=("opened_by",)),
        post("/accounts/{account_id}/add-holder", AddHolder, roles=BOTH),
        post("/accounts/{account_id}/leave", Leave, roles=("customer",), caller=("holder_id",)),
        get("/accounts/{account_id}", Account, fields=("account_id", "holder_ids")),
        find("/account-of", Account, by=("account_id",), owner="holder_ids", roles=BOTH),
        search("/opened", Account, by=("opened_by",), owner="opened_by", roles=BOTH),
        search("/all", Account, public=True),
        find("/one", Account, by=("account_id",), public=True),
    ),
)


@pytest.fixture
def account() -> Iterator[TestUnit]:
    with TestUnit(service) as unit:
        yield unit


@pytest.fixture
def alice(account: TestUnit) -> TestCaller:
    return account.caller("customer")


@pytest.fixture
def id(account: TestUnit, alice: TestCaller) -> UUID:
    """The account that Alice has opened."""
    answer = alice.post("/accounts/open")
    assert answer.status == 201
    return UUID(answer.body["account_id"])


def test_a_field_is_the_caller_whatever_is_sent(account: TestUnit, alice: TestCaller) -> None:
    answer = alice.post("/accounts/open", opened_by=uuid4())
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "opened_by")
    answer = alice.post("/accounts/open")
    account_of = alice.get("/account-of", account_id=answer.body["account_id"])
    assert account_of.body["opened_by"] == str(alice.id)


def test_a_role_reaches_its_own_or_any(account: TestUnit, id: UUID) -> None:
    path, holder = f"/accounts/{id}/add-holder", uuid4()
    assert account.caller("customer").post(path, holder_id=holder).status == 403
    assert account.caller("clerk").post(path, holder_id=holder).status == 200
    assert account.caller("customer", "clerk").post(path, holder_id=holder).status == 200
    assert account.caller("stranger").post(path, holder_id=holder).status == 403


def test_reads_reach_their_own_or_any(account: TestUnit, alice: TestCaller, id: UUID) -> None:
    bob, clerk = account.caller("customer"), account.caller("clerk")
    for caller, status in ((alice, 200), (bob, 404), (clerk, 200)):
        assert caller.get("/account-of", account_id=id).status == status
    for caller, status in ((alice, 200), (bob, 403), (clerk, 200)):
        assert caller.get("/opened", opened_by=alice.id).status == status


def test_each_of_several_owners_has_access(account: TestUnit, alice: TestCaller, id: UUID) -> None:
    bob, path = account.caller("customer"), f"/accounts/{id}"
    assert bob.get(path).status == 404
    assert alice.post(f"{path}/add-holder", holder_id=bob.id).status == 200
    for holder in (alice, bob):
        assert holder.get(path).status == 200
        assert holder.get("/account-of", account_id=id).status == 200
    assert alice.post(f"{path}/leave").status == 200
    assert alice.get(path).status == 404
    assert alice.post(f"{path}/leave").status == 403


def test_what_is_public_needs_no_token(account: TestUnit, id: UUID) -> None:
    nobody = account.anonymous
    assert [item["account_id"] for item in nobody.get("/all").body["items"]] == [str(id)]
    assert nobody.get("/one", account_id=id).status == 200
    assert nobody.get("/one", account_id=uuid4()).status == 404
    assert nobody.get("/account-of", account_id=id).status == 401
    assert nobody.get(f"/accounts/{id}").status == 401


def test_the_document_says_what_is_public_and_what_is_filled(account: TestUnit) -> None:
    document = account.anonymous.get("/openapi.json").body
    paths = document["paths"]
    assert "security" not in paths["/all"]["get"]
    assert "security" not in paths["/one"]["get"]
    assert not {"401", "403"} & paths["/all"]["get"]["responses"].keys()
    assert paths["/opened"]["get"]["security"] == [{"bearer": ["customer"]}, {"bearer": ["clerk"]}]
    assert document["components"]["schemas"]["OpenAccount"]["properties"].keys() == {"account_id"}
    assert "requestBody" not in paths["/accounts/{account_id}/leave"]["post"]
    shown = paths["/accounts/{account_id}"]["get"]["responses"]["200"]["content"]
    name = shown["application/json"]["schema"]["$ref"].rpartition("/")[2]
    schema = document["components"]["schemas"][name]
    assert schema["properties"].keys() == {"account_id", "holder_ids"}


def test_a_history_is_given(account: TestUnit, alice: TestCaller) -> None:
    given = uuid4()
    account.given(
        AccountOpened(account_id=given, holder_id=alice.id),
        HolderAdded(account_id=given, holder_id=uuid4()),
    )
    answer = alice.get(f"/accounts/{given}")
    assert answer.body.keys() == {"account_id", "holder_ids"}
    assert len(answer.body["holder_ids"]) == 2
    assert answer.headers["etag"] == '"2"'
    assert len(account.published) == 2
