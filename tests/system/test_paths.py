"""Where everything is found over HTTP: the paths that the spec says, and those around them."""

from __future__ import annotations

from meshgen.spec.check import check_text
from meshgen.system.lower import resolve
from meshgen.system.model import Mesh

SPEC = """\
meshgen: 1
name: bank
services:
  banking:
    store: sqlite
    aggregates:
      Account:
        id: account_id
        path: /money/accounts
        state: {customer_id: uuid, open: bool}
        events:
          AccountOpened: {customer_id: uuid, sets: {open: true}}
          AccountClosed: {sets: {open: false}}
        commands:
          OpenAccount: {roles: [clerk], input: {customer_id: uuid}, creates: AccountOpened}
          CloseAccount:
            roles: [clerk]
            method: PUT
            path: "/closed-accounts/{account_id}"
            deprecated: {"/money/accounts/{account_id}/close": 2026-11-01}
            emits: AccountClosed
          BlockAccount: {roles: [clerk], emits: AccountClosed}
    queries:
      Accounts: {of: Account, roles: [clerk], page: 20}
      AccountOf: {of: Account, by: account_id, roles: [clerk], path: "/account-of/{account_id}"}
    routes: [/statements]
  billing:
    store: sqlite
    aggregates:
      Account:
        id: account_id
        state: {customer_id: uuid}
        events: {BillAccountMade: {customer_id: uuid}}
        commands:
          MakeBillAccount: {roles: [clerk], input: {customer_id: uuid}, creates: BillAccountMade}
projections:
  overview:
    store: sqlite
    key: {partition: [account_id]}
    row: {account_id: uuid, customer_id: uuid}
    on: {banking.AccountOpened: {insert: {}}}
    queries:
      Overview:
        page: 20
        roles: public
        live: true
        path: /everything
        deprecated: {/all: 2026-11-01}
      OneOverview: {by: account_id, roles: [clerk]}
bffs:
  web:
    endpoints:
      GET /accounts/{account_id}:
        account: banking.AccountOf(account_id=account_id)
        all: banking.Accounts()
gateway: {auth: {issuer: "https://id.bank.example", audience: bank}}
"""


def mesh() -> Mesh:
    spec, findings = check_text("bank.yaml", SPEC)
    assert spec is not None, findings
    return resolve(spec)


def test_what_is_said_is_the_path_and_the_rest_follows() -> None:
    banking, billing = mesh().services
    assert {(route.kind, route.path) for route in banking.routes} == {
        ("OpenAccount", "/money/accounts"),
        ("CloseAccount", "/closed-accounts/{account_id}"),
        ("BlockAccount", "/money/accounts/{account_id}/block"),
        ("Account", "/money/accounts/{account_id}"),
        ("Account", "/money/accounts"),
        ("Account", "/account-of/{account_id}"),
    }
    assert [route.path for route in billing.routes if route.helper == "post"] == ["/accounts"]
    (overview,) = mesh().projections
    assert [route.path for route in overview.routes] == ["/everything", "/overview/{account_id}"]


def test_the_gateway_routes_every_first_segment() -> None:
    routes = [(route.prefix, route.cluster) for route in mesh().project.gateway.routes]
    assert routes == [
        ("/money", "banking"),
        ("/closed-accounts", "banking"),
        ("/account-of", "banking"),
        ("/statements", "banking"),
        ("/accounts", "billing"),
        ("/everything", "overview"),
        ("/all", "overview"),
        ("/overview", "overview"),
        ("/web", "web"),
    ]


def test_a_command_has_the_method_that_is_said() -> None:
    banking, _ = mesh().services
    options = {
        route.kind: [option.value for option in route.options if option.name == "method"]
        for route in banking.routes
        if route.helper == "post"
    }
    assert options == {"OpenAccount": [], "CloseAccount": ['"PUT"'], "BlockAccount": []}
    assert ('"PUT"', 'f"/closed-accounts/{ID}"') in banking.access_testing.commands
    assert mesh().project.gateway.methods == ("GET", "POST", "PUT")


def test_a_former_path_is_routed_as_its_successor_is() -> None:
    banking, _ = mesh().services
    former = [option.value for route in banking.routes for option in route.options]
    assert '{"/money/accounts/{account_id}/close": date(2026, 11, 1)}' in former
    gateway = mesh().project.gateway
    assert [public.path for public in gateway.public] == ["/everything", "/all"]
    live = [regex for route in gateway.routes for regex in route.live]
    assert live == ["/everything", "/all"]


def test_a_front_end_asks_at_the_path_that_is_said() -> None:
    (web,) = mesh().bffs
    calls = [part.call for endpoint in web.endpoints for part in endpoint.parts]
    assert calls == [
        'backends.get(Account, "banking", f"/account-of/{account_id}")',
        'backends.get(Page[Account], "banking", "/money/accounts", cursor=cursor)',
    ]
