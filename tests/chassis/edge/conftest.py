"""Fixtures of the tests of the HTTP side."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest
import pytest_asyncio
import structlog
from chassis import logs
from chassis.auth import Verifier
from chassis.health import Checks, degraded, failed, ok
from chassis.http.app import service_app
from chassis.jwks import KeyFile
from chassis.runtime import ServiceRuntime
from chassis.telemetry import Telemetry

from . import tokens, wallets
from .harness import RecordingRuntime


@pytest.fixture
def runtime() -> RecordingRuntime:
    return RecordingRuntime()


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged, as a process is configured to."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("INFO", stream)
    yield stream
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest_asyncio.fixture
async def http(runtime: RecordingRuntime, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    jwks = tokens.write_jwks(tmp_path / "jwks.json", "one")
    verifier = Verifier(KeyFile(jwks), tokens.requirements())
    app = service_app(
        wallets.service,
        cast("ServiceRuntime", runtime),
        verifier,
        lambda: _ready(runtime),
        Telemetry.of("wallet"),
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://wallet",
        headers={"authorization": f"Bearer {tokens.token()}"},
    ) as client:
        yield client


async def _ready(runtime: RecordingRuntime) -> Checks:
    return {"store": ok() if runtime.failure is None else failed("gone"), "hub": degraded("away")}
