"""Requests become commands, and what the commands did becomes answers."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.caller import Caller
from chassis.domain import Refused
from chassis.errors import Conflict, KeyReused, NotOwner, TooLarge, Unavailable, VersionMismatch
from chassis.http import get, post

from . import tokens, wallets
from .harness import ID, OWNER, RecordingRuntime, assert_problem
from .test_routers import client_of
from .wallets import CloseWallet, OpenWallet, PayIn, Wallet


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
    digits = "1.000000000000000000000000001"
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


@pytest.mark.parametrize(
    ("if_match", "version"), [('"3"', 3), (' "12" ', 12), ('W/"1", "4"', 4), ('"x" ,,"5"', 5)]
)
async def test_if_match_is_the_expected_version(
    http: httpx.AsyncClient, runtime: RecordingRuntime, if_match: str, version: int
) -> None:
    await http.post(f"/wallets/{ID}/pay-in", json={"amount": 1}, headers={"if-match": if_match})
    assert runtime.asked[0]["expected_version"] == version


@pytest.mark.parametrize(
    "headers",
    [
        [("if-match", '"7", "3"')],
        [("if-match", '"7", "1", W/"2", "3"')],
        [("if-match", '"7"'), ("if-match", '"3"')],
        [("if-match", "*")],
    ],
    ids=repr,
)
async def test_if_match_may_be_one_of_several_versions(
    http: httpx.AsyncClient, runtime: RecordingRuntime, headers: list[tuple[str, str]]
) -> None:
    runtime.version = 3
    answer = await http.post(f"/wallets/{ID}/pay-in", json={"amount": 1}, headers=headers)
    assert answer.status_code == 200
    assert runtime.asked[-1]["expected_version"] == 3


@pytest.mark.parametrize(("if_match", "version"), [('"7", "8"', 3), ("*", 0)])
async def test_another_version_is_412(
    http: httpx.AsyncClient, runtime: RecordingRuntime, if_match: str, version: int
) -> None:
    runtime.version = version
    headers = {"if-match": if_match}
    answer = await http.post(f"/wallets/{ID}/pay-in", json={"amount": 1}, headers=headers)
    assert_problem(answer, 412, "version_mismatch")


@pytest.mark.parametrize(
    "if_match", ['W/"3"', '"abc"', '"-1"', '"0"', "3", "", '"1", 2', 'W/"1", "x"', '"' + "9" * 99]
)
async def test_a_tag_that_cannot_match_is_412(
    http: httpx.AsyncClient, runtime: RecordingRuntime, if_match: str
) -> None:
    headers = {"if-match": if_match}
    answer = await http.post(f"/wallets/{ID}/pay-in", json={"amount": 1}, headers=headers)
    assert_problem(answer, 412, "version_mismatch")
    assert runtime.commands == []


@pytest.mark.parametrize(
    ("failure", "status", "rule", "title"),
    [
        (Refused("not_found"), 404, "not_found", "Not found"),
        (Refused("already_exists"), 409, "already_exists", "Already exists"),
        (Refused("product_not_found"), 409, "product_not_found", "Product not found"),
        (Refused("wallet_is_open"), 409, "wallet_is_open", "Required: wallet is open"),
        (NotOwner(), 403, "forbidden", "Forbidden"),
        (VersionMismatch(expected=2, actual=3), 412, "version_mismatch", "Version mismatch"),
        (TooLarge("Placed", 2, 1), 413, "content_too_large", "Content Too Large"),
        (KeyReused(), 422, "idempotency_key_reused", "Idempotency key reused"),
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
    http: httpx.AsyncClient, runtime: RecordingRuntime, stream: io.StringIO
) -> None:
    runtime.failure = RuntimeError("the password is hunter2")
    answer = await http.post(f"/wallets/{ID}/pay-in", json={"amount": 1})
    problem = assert_problem(answer, 500, "internal_error")
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    error, line = map(json.loads, stream.getvalue().splitlines())
    assert "hunter2" in error["exception"]
    assert error["correlation_id"] == line["correlation_id"] == problem["correlation_id"]
    assert line["status"] == 500


async def test_a_key_is_for_one_body(http: httpx.AsyncClient, runtime: RecordingRuntime) -> None:
    bodies = (
        '{"amount": "1.50", "notes": [{"text": "a", "pages": 2}]}',
        ' {"notes":[{"pages":2,"text":"a"}], "amount":1.50}',
        '{"amount": "1.51", "notes": [{"text": "a", "pages": 2}]}',
    )
    for body in bodies:
        headers = {"idempotency-key": "k", "content-type": "application/json"}
        await http.post(f"/wallets/{ID}/pay-in", content=body, headers=headers)
    first, same, other = (asked["fingerprint"] for asked in runtime.asked)
    assert first == same != other
    await http.post(f"/wallets/{ID}/pay-in", json={"amount": 1})
    assert runtime.asked[-1]["fingerprint"] is None


async def test_a_command_has_its_method(runtime: RecordingRuntime, tmp_path: Path) -> None:
    path = "/wallets/{wallet_id}"
    routes = (
        post(path, CloseWallet, method="DELETE"),
        post(path, PayIn, method="PATCH"),
        get(path, Wallet),
    )
    async with client_of(replace(wallets.service, routes=routes), runtime, tmp_path) as http:
        assert (await http.delete(f"/wallets/{ID}")).status_code == 200
        body = {"amount": 3}
        assert (await http.patch(f"/wallets/{ID}", json=body)).status_code == 200
        answer = await http.post(f"/wallets/{ID}", json=body)
        assert_problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"
        operations = (await http.get("/openapi.json")).json()["paths"][path]
        assert operations.keys() == {"delete", "get", "patch"}
        assert "requestBody" in operations["patch"]
        assert "requestBody" not in operations["delete"]
    assert [type(command) for command in runtime.commands] == [CloseWallet, PayIn]
