"""The HTTP side over a runtime that records what it is asked: requests in, answers out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from chassis import trace
from chassis.auth import Verifier
from chassis.caller import Caller
from chassis.domain import Refused
from chassis.errors import Conflict, InvalidCursor, NotOwner, Unavailable, VersionMismatch
from chassis.http.app import service_app
from chassis.messages import Command
from chassis.results import Outcome, Page, Versioned
from chassis.runtime import ServiceRuntime

from . import tokens, wallets
from .wallets import CloseWallet, Currency, OpenWallet, PayIn, Wallet

ID = UUID("8c7c0a5e-2d0a-4d8e-9a58-0d6f0a3f4b11")
OWNER = UUID(tokens.SUBJECT)
WALLET = Wallet(
    wallet_id=ID, owner_id=OWNER, currency=Currency.EUR, balance=Decimal("1.10"), closed=False
)


@dataclass
class RecordingRuntime:
    """Answers what it is told to and remembers what it was asked."""

    failure: Exception | None = None
    created: bool = False
    commands: list[Command] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    items: tuple[Wallet, ...] = (WALLET,)

    async def handle(self, command: Command, **given: Any) -> Outcome:
        self.commands.append(command)
        self.asked.append({**given, "trace": trace.current()})
        self._fail()
        return Outcome(
            id=command.wallet_id,  # type: ignore[attr-defined]
            version=3,
            events=("PaidIn",),
            created=self.created,
        )

    async def read(self, kind: type, id: UUID, caller: Caller) -> Versioned[Wallet] | None:
        self._fail()
        return Versioned(WALLET, 3) if id == ID else None

    async def search(self, kind: type, *given: Any) -> Page[Wallet]:
        self.asked.append(
            dict(zip(("by", "filter", "sort", "limit", "cursor"), given, strict=False))
        )
        self._fail()
        return Page(self.items, 'a"b')

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def runtime() -> RecordingRuntime:
    return RecordingRuntime()


@pytest_asyncio.fixture
async def http(runtime: RecordingRuntime, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    jwks = tokens.write_jwks(tmp_path / "jwks.json", "one")
    verifier = Verifier(jwks, issuer=tokens.ISSUER, audience=tokens.AUDIENCE)
    app = service_app(
        wallets.service, cast("ServiceRuntime", runtime), verifier, lambda: _ready(runtime)
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://wallet",
        headers={"authorization": f"Bearer {tokens.token()}"},
    ) as client:
        yield client


async def _ready(runtime: RecordingRuntime) -> dict[str, str]:
    return {"store": "ok", "hub": "ok" if runtime.failure is None else "gone"}


def assert_problem(answer: httpx.Response, status: int, rule: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:problem:{rule}"
    assert body["status"] == status
    assert body["title"]
    assert body["instance"] == answer.request.url.path
    assert body["correlation_id"] == answer.headers["x-correlation-id"]
    return body


# Commands


async def test_path_and_body_become_the_command(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    answer = await http.post(f"/wallets/{ID}/pay-in", json={"amount": "5.00"})
    assert answer.status_code == 200
    assert answer.json() == {"wallet_id": str(ID), "version": 3, "events": ["PaidIn"]}
    assert answer.headers["etag"] == '"3"'
    assert runtime.commands == [PayIn(wallet_id=ID, amount=Decimal("5.00"))]
    assert runtime.asked[0]["caller"] == Caller(OWNER, frozenset({"customer"}))
    assert runtime.asked[0]["expected_version"] is None


async def test_numbers_keep_their_digits(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    digits = "0.1000000000000000055511151231257827"
    await http.post(
        f"/wallets/{ID}/pay-in",
        content=f'{{"amount": {digits}}}',
        headers={"content-type": "application/json; charset=utf-8"},
    )
    assert cast("PayIn", runtime.commands[0]).amount == Decimal(digits)


async def test_an_id_that_is_nowhere_is_made(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    runtime.created = True
    body = {"owner_id": str(OWNER), "currency": "eur"}
    answer = await http.post("/wallets/open-wallet", json=body)
    assert answer.status_code == 201
    made = answer.json()["wallet_id"]
    assert cast("OpenWallet", runtime.commands[0]).wallet_id == UUID(made)
    assert answer.request.url.join(answer.headers["location"]).path == f"/wallets/{made}"


async def test_an_id_may_be_chosen(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    body = {"wallet_id": str(ID), "owner_id": str(OWNER), "currency": "eur"}
    await http.post("/wallets/open-wallet", json=body)
    assert cast("OpenWallet", runtime.commands[0]).wallet_id == ID


async def test_location_holds_from_any_depth(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    runtime.created = True
    answer = await http.post(f"/wallets/{ID}/pay-in", json={"amount": 1})
    assert answer.request.url.join(answer.headers["location"]).path == f"/wallets/{ID}"


async def test_a_command_without_fields_needs_no_body(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    for body in (b"", b"{}"):
        answer = await http.post(
            f"/wallets/{ID}/close-wallet",
            content=body,
            headers={"content-type": "application/json"},
        )
        assert answer.status_code == 200
    assert runtime.commands == [CloseWallet(wallet_id=ID)] * 2


async def test_the_same_key_is_the_same_message(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    other = tokens.token(sub=str(uuid4()))
    for path, headers in (
        ("pay-in", {"idempotency-key": "k"}),
        ("pay-in", {"idempotency-key": "k"}),
        ("pay-in", {"idempotency-key": "l"}),
        ("close-wallet", {"idempotency-key": "k"}),
        ("pay-in", {"idempotency-key": "k", "authorization": f"Bearer {other}"}),
        ("pay-in", {}),
        ("pay-in", {}),
    ):
        body = {"amount": 1} if path == "pay-in" else {}
        answer = await http.post(f"/wallets/{ID}/{path}", json=body, headers=headers)
        assert answer.status_code == 200
    ids = [asked["message_id"] for asked in runtime.asked]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 6


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_has_limits(http: httpx.AsyncClient, key: str) -> None:
    headers = {"idempotency-key": key}
    answer = await http.post(f"/wallets/{ID}/pay-in", json={"amount": 1}, headers=headers)
    assert_problem(answer, 422, "invalid_request")


@pytest.mark.parametrize(("if_match", "version"), [('"3"', 3), (' "12" ', 12), ("*", None)])
async def test_if_match_is_the_expected_version(
    http: httpx.AsyncClient, runtime: RecordingRuntime, if_match: str, version: int | None
) -> None:
    await http.post(f"/wallets/{ID}/pay-in", json={"amount": 1}, headers={"if-match": if_match})
    assert runtime.asked[0]["expected_version"] == version


@pytest.mark.parametrize(
    "if_match", ['W/"3"', '"abc"', '"-1"', '"0"', "3", '"1", "2"', '"' + "9" * 99]
)
async def test_a_tag_that_cannot_match_is_412(
    http: httpx.AsyncClient, runtime: RecordingRuntime, if_match: str
) -> None:
    headers = {"if-match": if_match}
    answer = await http.post(f"/wallets/{ID}/pay-in", json={"amount": 1}, headers=headers)
    assert_problem(answer, 412, "version_mismatch")
    assert runtime.commands == []


# What is wrong with a body


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": "much"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": 1, "extra": 1}, "extra"),
        ({"amount": 1, "wallet_id": str(ID)}, "wallet_id"),
        ({"amount": 1, "notes": [{"text": "x" * 21}]}, "notes.0.text"),
        ([], ""),
        (1, ""),
        (None, ""),
    ],
    ids=repr,
)
async def test_a_body_that_does_not_fit_is_422(
    http: httpx.AsyncClient, runtime: RecordingRuntime, body: object, field: str
) -> None:
    answer = await http.post(
        f"/wallets/{ID}/pay-in",
        content=json.dumps(body),
        headers={"content-type": "application/json"},
    )
    problem = assert_problem(answer, 422, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert runtime.commands == []


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"'",
        b"\xff\xfe",
        b'{"amount": NaN}',
        b'{"amount": Infinity}',
        b'{"amount": 1, "amount": 2}',
        b"[" * 100_000,
        b'{"amount": ' + b"1" * 5_000 + b"}",
        '{"amount": 1}'.encode("utf-16"),
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_a_body_that_is_not_json_is_400(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post(
        f"/wallets/{ID}/pay-in", content=body, headers={"content-type": "application/json"}
    )
    assert_problem(answer, 400, "malformed_json")


async def test_text_that_is_no_unicode_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        f"/wallets/{ID}/pay-in",
        content=b'{"amount": 1, "notes": [{"text": "\\ud800"}]}',
        headers={"content-type": "application/json"},
    )
    assert_problem(answer, 422, "invalid_request")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""]
)
async def test_other_media_types_are_415(http: httpx.AsyncClient, content_type: str) -> None:
    answer = await http.post(
        f"/wallets/{ID}/pay-in", content=b'{"amount": 1}', headers={"content-type": content_type}
    )
    assert_problem(answer, 415, "unsupported_media_type")


async def test_a_body_over_1_mib_is_413(http: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 32 * 1024

    headers = {"content-type": "application/json"}
    for content in (b" " * (1024 * 1024 + 1), chunks()):
        answer = await http.post(f"/wallets/{ID}/pay-in", content=content, headers=headers)
        assert_problem(answer, 413, "content_too_large")


# Paths, methods, tokens, roles


@pytest.mark.parametrize(
    ("method", "path", "status", "rule"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("DELETE", f"/wallets/{ID}", 405, "method_not_allowed"),
        ("GET", f"/wallets/{ID}/", 404, "not_found"),
        ("GET", "//evil.example/", 404, "not_found"),
        ("GET", "/wallets/1", 422, "invalid_request"),
        ("POST", "/wallets/1/close-wallet", 422, "invalid_request"),
        ("GET", f"/wallets/{uuid4()}", 404, "not_found"),
    ],
)
async def test_wrong_addresses(
    http: httpx.AsyncClient, method: str, path: str, status: int, rule: str
) -> None:
    answer = await http.request(method, path)
    assert_problem(answer, status, rule)


@pytest.mark.parametrize(
    "authorization", [None, "", "Basic dTpw", "Bearer", "Bearer ", "bearer x.y.z"]
)
async def test_without_a_good_token_401(
    http: httpx.AsyncClient, runtime: RecordingRuntime, authorization: str | None
) -> None:
    del http.headers["authorization"]
    headers = {} if authorization is None else {"authorization": authorization}
    for method, path in (
        ("GET", f"/wallets/{ID}"),
        ("POST", f"/wallets/{ID}/pay-in"),
        ("GET", "/list-wallets"),
        ("GET", f"/wallet-of?wallet_id={ID}"),
    ):
        answer = await http.request(method, path, headers=headers)
        assert_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert runtime.commands == []
    assert runtime.asked == []


async def test_without_the_role_403(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    for roles in ([], ["merchant"]):
        headers = {"authorization": f"Bearer {tokens.token(roles=roles)}"}
        answer = await http.post(f"/wallets/{ID}/pay-in", json={}, headers=headers)
        problem = assert_problem(answer, 403, "forbidden")
        assert problem["detail"] == "This takes the role customer or clerk."
    assert runtime.commands == []


async def test_without_keys_503(http: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "jwks.json").unlink()
    assert_problem(await http.get(f"/wallets/{ID}"), 503, "authentication_unavailable")


# What the domain says


@pytest.mark.parametrize(
    ("failure", "status", "rule", "title"),
    [
        (Refused("not_found"), 404, "not_found", "Not found"),
        (Refused("already_exists"), 409, "already_exists", "Already exists"),
        (Refused("product_not_found"), 409, "product_not_found", "Product not found"),
        (Refused("wallet_is_open"), 409, "wallet_is_open", "Required: wallet is open"),
        (NotOwner(), 403, "forbidden", "Forbidden"),
        (VersionMismatch(expected=2, actual=3), 412, "version_mismatch", "Version mismatch"),
        (Conflict(), 409, "conflict", "Conflict"),
        (Unavailable("disk on fire"), 503, "unavailable", "Unavailable"),
    ],
    ids=repr,
)
async def test_refusals_are_problems(
    http: httpx.AsyncClient,
    runtime: RecordingRuntime,
    failure: Exception,
    status: int,
    rule: str,
    title: str,
) -> None:
    runtime.failure = failure
    answer = await http.post(f"/wallets/{ID}/pay-in", json={"amount": 1})
    problem = assert_problem(answer, status, rule)
    assert problem["title"] == title
    assert "fire" not in answer.text


async def test_an_unexpected_error_is_told_to_the_log_only(
    http: httpx.AsyncClient, runtime: RecordingRuntime, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime.failure = RuntimeError("the password is hunter2")
    answer = await http.post(f"/wallets/{ID}/pay-in", json={"amount": 1})
    problem = assert_problem(answer, 500, "internal_error")
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    logged = capsys.readouterr().out
    assert "hunter2" in logged
    assert problem["correlation_id"] in logged


# Reads


async def test_an_aggregate_is_read_with_its_version(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/wallets/{ID}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["etag"] == '"3"'
    assert answer.json() == {
        "wallet_id": str(ID),
        "owner_id": str(OWNER),
        "currency": "eur",
        "balance": "1.10",
        "closed": False,
    }


@pytest.mark.parametrize(
    ("tag", "status"), [('"3"', 304), ('W/"3"', 304), ('"1", "3"', 304), ("*", 304), ('"2"', 200)]
)
async def test_what_the_caller_has_is_not_sent_again(
    http: httpx.AsyncClient, tag: str, status: int
) -> None:
    answer = await http.get(f"/wallets/{ID}", headers={"if-none-match": tag})
    assert answer.status_code == status
    assert answer.headers["etag"] == '"3"'


async def test_a_search_is_typed(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    answer = await http.get("/list-wallets?closed=true&currency=chf&page=5&cursor=c")
    assert answer.json() == {
        "items": [(await http.get(f"/wallets/{ID}")).json()],
        "next": 'a"b',
    }
    assert runtime.asked == [
        {
            "by": {},
            "filter": {"currency": Currency.CHF, "closed": True},
            "sort": ("balance",),
            "limit": 5,
            "cursor": "c",
        }
    ]


async def test_a_search_has_defaults(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    await http.get("/list-wallets")
    assert runtime.asked[0]["filter"] == {"currency": None, "closed": None}
    assert runtime.asked[0]["limit"] == 10
    assert runtime.asked[0]["cursor"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("closed=perhaps", "closed"),
        ("currency=usd", "currency"),
        ("page=0", "page"),
        ("page=11", "page"),
        ("page=x", "page"),
        ("cursor=" + "x" * 3000, "cursor"),
        ("colour=red", "colour"),
    ],
)
async def test_wrong_queries_are_422(
    http: httpx.AsyncClient, runtime: RecordingRuntime, query: str, field: str
) -> None:
    problem = assert_problem(await http.get(f"/list-wallets?{query}"), 422, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert runtime.asked == []


async def test_a_wrong_cursor_is_422(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    runtime.failure = InvalidCursor()
    problem = assert_problem(await http.get("/list-wallets?cursor=x"), 422, "invalid_request")
    assert problem["errors"] == [{"field": "cursor", "message": "is not one of this query"}]


async def test_somebody_elses_rows_are_forbidden(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    answer = await http.get("/my-wallets", params={"owner_id": str(OWNER)})
    assert answer.status_code == 200
    assert runtime.asked[0]["by"] == {"owner_id": OWNER}
    answer = await http.get("/my-wallets", params={"owner_id": str(uuid4())})
    assert_problem(answer, 403, "forbidden")
    assert_problem(await http.get("/my-wallets"), 422, "invalid_request")
    assert len(runtime.asked) == 1


async def test_exactly_one_row_or_404(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    answer = await http.get("/wallet-of", params={"wallet_id": str(ID)})
    assert answer.json()["wallet_id"] == str(ID)
    assert runtime.asked[0]["by"] == {"wallet_id": ID, "owner_id": OWNER}
    for items in ((), (WALLET, WALLET)):
        runtime.items = items
        answer = await http.get("/wallet-of", params={"wallet_id": str(ID)})
        assert_problem(answer, 404, "not_found")


# Traces, health, document


async def test_a_trace_is_continued(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    correlation, parent = str(uuid4()), f"00-{'a' * 32}-{'b' * 16}-01"
    answer = await http.post(
        f"/wallets/{ID}/pay-in",
        json={"amount": 1},
        headers={"x-correlation-id": correlation, "traceparent": parent},
    )
    assert answer.headers["x-correlation-id"] == correlation
    used = runtime.asked[0]["trace"]
    assert str(used.correlation_id) == correlation
    assert used.traceparent.split("-")[1] == "a" * 32
    assert used.traceparent.split("-")[2] != "b" * 16


async def test_a_malformed_trace_is_made_anew(
    http: httpx.AsyncClient, runtime: RecordingRuntime
) -> None:
    headers = {b"x-correlation-id": b"x\xe9\x00", b"traceparent": b"00-1-2-3"}
    answer = await http.get(f"/wallets/{ID}", headers=headers)
    assert UUID(answer.headers["x-correlation-id"])


async def test_every_request_is_in_the_log(
    http: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await http.get(f"/wallets/{ID}?secret=1")
    logged = capsys.readouterr().out
    assert answer.headers["x-correlation-id"] in logged
    assert "wallet" in logged
    assert str(OWNER) in logged
    assert "secret" not in logged


async def test_health_tells_the_truth(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    del http.headers["authorization"]
    assert (await http.get("/livez")).status_code == 200
    assert (await http.get("/readyz")).json() == {
        "status": "ok",
        "checks": {"store": "ok", "hub": "ok"},
    }
    runtime.failure = RuntimeError()
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["hub"] == "gone"


async def test_the_document_says_what_the_routes_do(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    json.dumps(document)
    schemas, paths = document["components"]["schemas"], document["paths"]
    assert set(paths) == {route.path for route in wallets.service.routes}
    pay_in = paths["/wallets/{wallet_id}/pay-in"]["post"]
    assert pay_in["operationId"] == "post_wallets_pay_in"
    assert pay_in["security"] == [{"bearer": []}]
    assert pay_in["requestBody"]["required"] is True
    assert set(schemas["PayIn"]["properties"]) == {"amount", "notes"}
    assert schemas["PayIn"]["required"] == ["amount"]
    assert schemas["PayIn"]["properties"]["notes"]["items"] == {
        "$ref": "#/components/schemas/Note-Input"
    }
    assert {p["name"]: p["in"] for p in pay_in["parameters"]} == {
        "wallet_id": "path",
        "idempotency-key": "header",
        "if-match": "header",
    }
    assert set(pay_in["responses"]) >= {"200", "201", "401", "403", "409", "412", "422"}
    assert list(pay_in["responses"]["409"]["content"]) == ["application/problem+json"]
    opened = paths["/wallets/open-wallet"]["post"]
    assert "200" not in opened["responses"]
    assert schemas["OpenWallet"]["required"] == ["owner_id", "currency"]
    assert "requestBody" not in paths["/wallets/{wallet_id}/close-wallet"]["post"]
    listing = {p["name"]: p for p in paths["/list-wallets"]["get"]["parameters"]}
    assert listing["page"]["schema"]["maximum"] == 10
    assert listing["currency"]["required"] is False
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    _assert_references_resolve(document, document)


def _assert_references_resolve(node: object, document: dict[str, Any]) -> None:
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            assert reference.rsplit("/", 1)[1] in document["components"]["schemas"], reference
        for value in node.values():
            _assert_references_resolve(value, document)
    elif isinstance(node, list):
        for value in node:
            _assert_references_resolve(value, document)
