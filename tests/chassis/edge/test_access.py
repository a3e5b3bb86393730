"""Addresses, tokens and roles."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from . import tokens
from .harness import ID, RecordingRuntime, assert_hardened, assert_problem


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
    ("path", "allowed"),
    [
        (f"/wallets/{ID}", "GET, HEAD, OPTIONS"),
        ("/wallets/open-wallet", "OPTIONS, POST"),
        (f"/wallets/{ID}/pay-in", "OPTIONS, POST"),
        ("/livez", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
async def test_what_is_allowed(http: httpx.AsyncClient, path: str, allowed: str) -> None:
    answer = await http.options(path)
    assert (answer.status_code, answer.headers["allow"]) == (204, allowed)
    answer = await http.patch(path)
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    "path", [f"/wallets/{ID}", "/list-wallets", "/livez", "/readyz", "/openapi.json", "/nothing"]
)
async def test_head_is_get_without_content(http: httpx.AsyncClient, path: str) -> None:
    get, head = await http.get(path), await http.head(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    assert_hardened(get)
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == get.headers.get(name)


async def test_too_large_targets_and_headers(http: httpx.AsyncClient) -> None:
    for path in (f"/list-wallets?{'&'.join('a' * 9000)}", f"/{'a' * 9000}"):
        assert_problem(await http.get(path), 414, "uri_too_long")
    answer = await http.get(f"/wallets/{ID}", headers={"if-none-match": '"1", ' * 7000})
    assert_problem(answer, 431, "request_header_fields_too_large")


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
        assert problem["detail"] == "This requires the role customer or clerk."
    assert runtime.commands == []


async def test_without_keys_503(http: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "jwks.json").unlink()
    assert_problem(await http.get(f"/wallets/{ID}"), 503, "authentication_unavailable")
