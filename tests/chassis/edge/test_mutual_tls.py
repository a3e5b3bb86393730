"""Mutual TLS: a unit answers the gateway and other units, and nobody else but health checks."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from chassis import probe
from chassis.embedded import readiness
from chassis.health import ok
from chassis.http_client import HttpClient
from chassis.process.server import listen, new_server
from chassis.settings import Settings, SettingsError, Tls
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from tests.servers.authority import Authority, Issued
from tests.waiting import PATIENCE

from .harness import assert_hardened


async def _ok(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("ok")(scope, receive, send)


def tls_of(issued: Issued) -> Tls:
    return Tls(certificate=issued.certificate, key=issued.key, ca=issued.ca)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def mesh(folder: Path) -> Authority:
    return Authority(folder, "mesh")


@pytest_asyncio.fixture
async def url(mesh: Authority) -> AsyncIterator[str]:
    """The URL of a unit."""
    tls = tls_of(mesh.issue("order"))
    server = new_server(_ok, finish_within=1, header_timeout=5, tls=tls)
    socket = listen("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve(sockets=[socket]))
    try:
        yield f"https://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def ask(url: str, mesh: Authority, client: Issued | None) -> httpx.Response:
    context = ssl.create_default_context(cafile=mesh.issue("anybody").ca)
    if client is not None:
        context.load_cert_chain(client.certificate, client.key)
    async with httpx.AsyncClient(verify=context, timeout=PATIENCE, trust_env=False) as asking:
        return await asking.get(url)


async def test_a_certificate_of_the_mesh_is_needed(url: str, mesh: Authority) -> None:
    answer = await ask(f"{url}/orders", mesh, mesh.issue("web"))
    assert (answer.status_code, answer.text) == (200, "ok")
    answer = await ask(f"{url}/orders", mesh, None)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:problem:forbidden")
    assert_hardened(answer)


async def test_a_certificate_of_somebody_else_is_refused(
    url: str, mesh: Authority, folder: Path
) -> None:
    with pytest.raises(httpx.TransportError):
        await ask(f"{url}/orders", mesh, Authority(folder, "evil").issue("web"))


async def test_there_is_no_plain_http(url: str) -> None:
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as asking:
        with pytest.raises(httpx.TransportError):
            await asking.get(url.replace("https", "http"))


async def test_health_checks_need_no_certificate(
    url: str, mesh: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        assert (await ask(f"{url}{path}", mesh, None)).status_code == 200
    assert await asyncio.to_thread(readiness.check, f"{url}/readyz") == ok()
    monkeypatch.setenv("MESH_TLS_CERTIFICATE", str(mesh.issue("order").certificate))
    assert await asyncio.to_thread(probe.unready, int(url.rpartition(":")[2])) is None


async def test_units_ask_each_other_with_certificates(
    url: str, mesh: Authority, folder: Path
) -> None:
    client = HttpClient(tls_of(mesh.issue("web")))
    try:
        assert (await client.fetch(f"{url}/orders", {})).body == b"ok"
    finally:
        await client.close()
    other = tls_of(Authority(folder, "other").issue("web"))
    stranger = HttpClient(other)
    try:
        with pytest.raises(ConnectionError):
            await stranger.fetch(f"{url}/orders", {})
    finally:
        await stranger.close()


def test_the_files_are_settings(mesh: Authority, tmp_path: Path) -> None:
    needed = {"JWKS_FILE": "jwks.json", "ISSUER": "https://id.example", "AUDIENCE": "example"}
    issued = mesh.issue("order")
    files = issued.settings("MESH_TLS")
    assert Settings.from_env({**needed, **files}).tls == tls_of(issued)
    assert Settings.from_env(needed).tls is None
    missing = {**files, "MESH_TLS_KEY": str(tmp_path / "missing"), "MESH_TLS_CA": ""}
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**needed, **missing})
    assert [problem.split()[0] for problem in caught.value.problems] == [
        "MESH_TLS_KEY",
        "MESH_TLS_CA",
    ]
