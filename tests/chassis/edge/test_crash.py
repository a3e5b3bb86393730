"""What a process does when something in it ends that should not."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import cast

import httpx
import pytest
from chassis.http import health
from chassis.process import runner
from chassis.process.assignments import Assignment
from chassis.process.host import Guard, Host
from chassis.settings import Settings
from starlette.applications import Starlette

from tests.waiting import PATIENCE

from . import tokens, wallets
from .test_run import free_port


class CrashingRuntime:
    """Its background task fails on `crash`, or its start does."""

    def __init__(self, *, starts: bool) -> None:
        self.starts = starts
        self.crash = asyncio.Event()
        self.drained = self.closed = False

    @property
    def idle(self) -> bool:
        return True

    @property
    def topics(self) -> frozenset[str]:
        return frozenset()

    async def start(self) -> None:
        if not self.starts:
            raise RuntimeError("cannot start")
        self.done = asyncio.create_task(asyncio.sleep(0))
        self.task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        await self.crash.wait()
        raise RuntimeError("crashed")

    async def drain(self) -> None:
        self.drained = True

    async def close(self) -> None:
        self.closed = True

    async def readiness(self) -> dict[str, str]:
        return {}


async def _nothing() -> None:
    """There is nothing to release."""


async def _run(
    monkeypatch: pytest.MonkeyPatch, folder: Path, runtime: CrashingRuntime, port: int
) -> int:
    def host(_unit: object, *given: object) -> Host:
        guard = cast("Guard", given[3])
        app = Starlette(routes=health.routes(guard(runtime.readiness)))
        return Host("wallet", app, runtime, None, _nothing)

    async def no_hub(*_: object) -> None:
        """Nothing here needs one."""

    monkeypatch.setattr(runner, "host", host)
    monkeypatch.setattr(runner, "_connect", no_hub)
    monkeypatch.setattr(runner, "load", lambda _: wallets.service)
    settings = Settings(
        nats_url="",
        data_dir=folder,
        jwks_file=tokens.write_jwks(folder / "jwks.json", "one"),
        issuer=tokens.ISSUER,
        audience=tokens.AUDIENCE,
    )
    return await runner.run([Assignment("any", "127.0.0.1", port)], settings)


async def _ready(url: str, runtime: CrashingRuntime) -> None:
    """Return when the unit is ready: its task that is done, without an error, is no crash."""
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=PATIENCE) as client:
        while True:
            with suppress(httpx.TransportError):
                if (await client.get(url)).status_code == 200 and runtime.done.done():
                    return
            await asyncio.sleep(0.01)


async def test_a_crashed_task_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runtime, port = CrashingRuntime(starts=True), free_port()
    running = asyncio.create_task(_run(monkeypatch, tmp_path, runtime, port))
    await _ready(f"http://127.0.0.1:{port}/readyz", runtime)
    runtime.crash.set()
    assert await running == 1
    assert runtime.drained
    assert runtime.closed


async def test_a_unit_that_cannot_start_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runtime = CrashingRuntime(starts=False)
    assert await _run(monkeypatch, tmp_path, runtime, free_port()) == 1
    assert runtime.closed
