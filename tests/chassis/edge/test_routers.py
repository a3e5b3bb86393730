"""Routes that are written by hand, beside those that a service declares."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.api import Aggregates, Caller, Middleware, requires
from chassis.auth import Verifier
from chassis.domain import Refused
from chassis.health import Checks
from chassis.http.app import service_app
from chassis.jwks import KeyFile
from chassis.results import Outcome
from chassis.runtime import ServiceRuntime
from chassis.service import Service
from chassis.telemetry import Telemetry
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from . import tokens, wallets
from .harness import ID, RecordingRuntime, assert_problem
from .wallets import CloseWallet, Wallet


class Reason(BaseModel):
    text: str


class Note(BaseModel):
    """Not the one that a wallet has."""

    headline: str


Open = Callable[[APIRouter], AbstractAsyncContextManager[httpx.AsyncClient]]


def router() -> APIRouter:
    made = APIRouter(tags=["own"])

    @made.get("/wallets/summary")
    async def summary(caller: Caller) -> dict[str, str]:
        """Return who asks."""
        return {"caller": str(caller.id)}

    @made.delete("/wallets/{wallet}", dependencies=[requires("officer")])
    async def close(wallet: UUID, reason: Reason, aggregates: Aggregates) -> Outcome:
        return await aggregates.handle(CloseWallet(wallet_id=wallet), caller=None, key=wallet)

    @made.get("/wallets/{wallet}/balance")
    async def balance(wallet: UUID, caller: Caller, aggregates: Aggregates) -> str:
        return str((await aggregates.get(Wallet, wallet, caller=caller)).balance)

    return made


@pytest.fixture
def open_app(runtime: RecordingRuntime, tmp_path: Path) -> Open:
    def opened(own: APIRouter) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        return client_of(replace(wallets.service, routers=(own,)), runtime, tmp_path)

    return opened


@asynccontextmanager
async def client_of(
    service: Service, runtime: RecordingRuntime, folder: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service, with the token of a customer."""
    app = service_app(
        service,
        cast("ServiceRuntime", runtime),
        Verifier(KeyFile(tokens.write_jwks(folder / "jwks.json", "one")), tokens.requirements()),
        _ready,
        Telemetry.of(service.name),
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://wallet", headers=bearer()
    ) as client:
        yield client


async def _ready() -> Checks:
    return {}


def bearer(*roles: str) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens.token(roles=roles or ('customer',))}"}


async def test_they_are_served_beside_the_declared_ones(open_app: Open) -> None:
    async with open_app(router()) as http:
        assert (await http.get("/wallets/summary")).json() == {"caller": tokens.SUBJECT}
        assert (await http.get(f"/wallets/{ID}")).json()["wallet_id"] == str(ID)
        assert (await http.get(f"/wallets/{ID}/balance")).json() == "1.10"
        assert (await http.head("/wallets/summary")).status_code == 200
        allowed = (await http.options(f"/wallets/{ID}")).headers["allow"]
        assert allowed == "DELETE, GET, HEAD, OPTIONS"


async def test_they_need_a_token_and_a_role(open_app: Open, runtime: RecordingRuntime) -> None:
    async with open_app(router()) as http:
        nobody = {"authorization": ""}
        answer = await http.get("/wallets/summary", headers=nobody)
        assert_problem(answer, 401, "unauthenticated")
        body = {"text": "no use"}
        answer = await http.request("DELETE", f"/wallets/{ID}", json=body, headers=nobody)
        assert_problem(answer, 401, "unauthenticated")
        answer = await http.request("DELETE", f"/wallets/{ID}", json=body)
        assert_problem(answer, 403, "forbidden")
        assert not runtime.commands
        officer = bearer("officer")
        answer = await http.request("DELETE", f"/wallets/{ID}", json=body, headers=officer)
        assert answer.json()["events"] == ["PaidIn"]
        assert runtime.commands == [CloseWallet(wallet_id=ID)]


async def test_a_key_is_an_id_of_the_command(open_app: Open, runtime: RecordingRuntime) -> None:
    async with open_app(router()) as http:
        for _ in range(2):
            body, officer = {"text": "no use"}, bearer("officer")
            await http.request("DELETE", f"/wallets/{ID}", json=body, headers=officer)
    first, second = (asked["message_id"] for asked in runtime.asked)
    assert first == second


async def test_errors_are_problems(open_app: Open, runtime: RecordingRuntime) -> None:
    async with open_app(router()) as http:
        answer = await http.get(f"/wallets/{uuid4()}/balance")
        assert_problem(answer, 404, "not_found")
        answer = await http.get("/wallets/1/balance")
        assert_problem(answer, 422, "invalid_request")
        answer = await http.put("/wallets/summary")
        assert_problem(answer, 405, "method_not_allowed")
        runtime.failure = Refused("wallet_is_open")
        body, officer = {"text": "no use"}, bearer("officer")
        answer = await http.request("DELETE", f"/wallets/{ID}", json=body, headers=officer)
        assert_problem(answer, 409, "wallet_is_open")
        runtime.failure = RuntimeError("a secret")
        answer = await http.get(f"/wallets/{ID}/balance")
        assert "secret" not in str(assert_problem(answer, 500, "internal_error"))


async def test_public_ones_need_no_token(runtime: RecordingRuntime, tmp_path: Path) -> None:
    made = APIRouter()

    @made.post("/notifications/{wallet}")
    async def notification(wallet: UUID, aggregates: Aggregates) -> Outcome:
        return await aggregates.handle(CloseWallet(wallet_id=wallet), caller=None)

    async with client_of(replace(wallets.service, public=(made,)), runtime, tmp_path) as http:
        nobody = {"authorization": ""}
        answer = await http.post(f"/notifications/{ID}", headers=nobody)
        assert answer.json()["events"] == ["PaidIn"]
        answer = await http.get(f"/wallets/{ID}", headers=nobody)
        assert_problem(answer, 401, "unauthenticated")
        operation = (await http.get("/openapi.json")).json()["paths"]["/notifications/{wallet}"]
        assert "security" not in operation["post"]
        assert not {"401", "403"} & operation["post"]["responses"].keys()
    assert runtime.commands == [CloseWallet(wallet_id=ID)]


async def test_they_are_documented(open_app: Open) -> None:
    async with open_app(router()) as http:
        document = (await http.get("/openapi.json")).json()
    paths = document["paths"]
    assert paths["/wallets/summary"]["get"]["description"] == "Return who asks."
    assert paths["/wallets/summary"]["get"]["security"] == [{"bearer": []}]
    assert {"get", "delete"} <= {m for path in paths if path.count("/") == 2 for m in paths[path]}


async def test_they_change_nothing_of_what_is_declared(open_app: Open) -> None:
    own = APIRouter()

    @own.get("/notes/{note_id}")
    async def note(note_id: UUID) -> Note:
        return Note(headline=str(note_id))

    async with open_app(APIRouter()) as http:
        declared = (await http.get("/openapi.json")).json()
    async with open_app(own) as http:
        document = (await http.get("/openapi.json")).json()
    added = document["paths"].pop("/notes/{note_id}")["get"]
    schemas = document["components"]["schemas"]
    shown = added["responses"]["200"]["content"]["application/json"]["schema"]
    assert shown == {"$ref": "#/components/schemas/Note2"}
    assert schemas.pop("Note2")["properties"].keys() == {"headline"}
    assert document == declared


def _taken() -> APIRouter:
    made = APIRouter()

    @made.get("/wallets/{another_name}")
    async def wallet(another_name: UUID) -> str:
        return str(another_name)

    return made


async def test_a_declared_route_cannot_be_declared_again(open_app: Open) -> None:
    message = "GET /wallets/{another_name} is also declared as GET /wallets/{wallet_id}"
    with pytest.raises(ValueError, match=message):
        async with open_app(_taken()):
            pass


async def test_nothing_is_ignored_silently(open_app: Open) -> None:
    mounted = APIRouter(routes=[Mount("/files", app=_taken())])
    with pytest.raises(TypeError, match="HTTP routes only"):
        async with open_app(mounted):
            pass


async def test_middlewares_wrap_what_is_answered(runtime: RecordingRuntime, tmp_path: Path) -> None:
    """But not what fails, and not the health checks."""
    seen: list[str] = []

    def noting(name: str) -> Middleware:
        def middleware(app: ASGIApp) -> ASGIApp:
            async def noted(scope: Scope, receive: Receive, send: Send) -> None:
                seen.append(name)
                await app(scope, receive, send)
                seen.append(f"/{name}")

            return noted

        return middleware

    zipped = partial(GZipMiddleware, minimum_size=10)
    service = replace(wallets.service, middlewares=(noting("a"), noting("b"), zipped))
    async with client_of(service, runtime, tmp_path) as http:
        answer = await http.get(f"/wallets/{ID}")
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["x-correlation-id"]
        assert answer.json()["wallet_id"] == str(ID)
        assert seen == ["a", "b", "/b", "/a"]
        seen.clear()
        assert_problem(await http.get(f"/wallets/{uuid4()}"), 404, "not_found")
        assert seen == ["a", "b"]
        seen.clear()
        for path in ("/livez", "/readyz", "/metrics"):
            assert (await http.get(path)).status_code == 200
        assert seen == []
