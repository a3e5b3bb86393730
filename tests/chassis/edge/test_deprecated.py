"""Former paths: they answer as ever, and say what has taken their place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from chassis.http import find, post, search

from . import wallets
from .harness import ID, RecordingRuntime, assert_problem
from .test_routers import client_of
from .wallets import CloseWallet, Wallet

SINCE = date(2026, 11, 1)
FORMER = "/former/{wallet_id}"
SERVICE = replace(
    wallets.service,
    routes=(
        post("/wallets/{wallet_id}/close", CloseWallet, deprecated={FORMER: SINCE}),
        search("/wallets", Wallet, deprecated={"/list": SINCE}),
        find("/wallets/one", Wallet, by=("wallet_id",), deprecated={FORMER: SINCE}),
    ),
)
DEPRECATION = "@1793491200"


async def test_they_answer_and_name_their_successors(
    runtime: RecordingRuntime, tmp_path: Path
) -> None:
    async with client_of(SERVICE, runtime, tmp_path) as http:
        answer = await http.post(f"/former/{ID}")
        assert answer.json()["events"] == ["PaidIn"]
        assert answer.headers["deprecation"] == DEPRECATION
        assert answer.headers["link"] == f'</wallets/{ID}/close>; rel="successor-version"'
        answer = await http.get("/list")
        assert answer.status_code == 200
        assert answer.headers["deprecation"] == DEPRECATION
        assert answer.headers["link"] == '</wallets>; rel="successor-version"'
        for path in ("/wallets", f"/wallets/{ID}/close"):
            answer = await http.request("POST" if "close" in path else "GET", path)
            assert answer.status_code == 200
            assert "deprecation" not in answer.headers
    assert runtime.commands == [CloseWallet(wallet_id=ID)] * 2


async def test_their_problems_say_it_too(runtime: RecordingRuntime, tmp_path: Path) -> None:
    async with client_of(SERVICE, runtime, tmp_path) as http:
        answer = await http.get("/list", params={"page": "none"})
        assert_problem(answer, 422, "invalid_request")
        assert answer.headers["deprecation"] == DEPRECATION


async def test_they_are_deprecated_in_the_document(
    runtime: RecordingRuntime, tmp_path: Path
) -> None:
    async with client_of(SERVICE, runtime, tmp_path) as http:
        paths = (await http.get("/openapi.json")).json()["paths"]
    operations = {
        f"{method} {path}": operation.get("deprecated", False)
        for path, item in paths.items()
        for method, operation in item.items()
    }
    assert operations == {
        "post /wallets/{wallet_id}/close": False,
        f"post {FORMER}": True,
        "get /wallets": False,
        "get /list": True,
        "get /wallets/one": False,
        f"get {FORMER}": True,
    }
    ids = [operation["operationId"] for item in paths.values() for operation in item.values()]
    assert len(set(ids)) == len(ids)
