"""Fixtures of the tests of the HTTP side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import httpx
import pytest
import pytest_asyncio
from chassis.auth import Verifier
from chassis.health import Checks, degraded, failed, ok
from chassis.http.app import service_app
from chassis.runtime import ServiceRuntime

from . import tokens, wallets
from .harness import RecordingRuntime


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


async def _ready(runtime: RecordingRuntime) -> Checks:
    return {"store": ok() if runtime.failure is None else failed("gone"), "hub": degraded("away")}
