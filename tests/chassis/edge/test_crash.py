"""What a process does when something in it fails, at the start or later."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import httpx
import pytest
from chassis.errors import Unavailable
from chassis.health import Checks
from chassis.http import health
from chassis.process import runner, start
from chassis.process.assignments import Assignment
from chassis.process.host import Guard, Host
from chassis.service import Service
from chassis.settings import Settings
from starlette.applications import Starlette

from tests.waiting import PATIENCE

from . import tokens, wallets
from .test_run import free_port


class CrashingRuntime:
    """Its background task fails on `crash`; its start fails with each of `failures` first."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = [*failures]
        self.crash = asyncio.Event()
        self.drained = self.closed = False

    @property
    def idle(self) -> bool:
        return True

    @property
    def topics(self) -> frozenset[str]:
        return frozenset()

    async def start(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.done = asyncio.create_task(asyncio.sleep(0))
        self.task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        await self.crash.wait()
        raise RuntimeError("crashed")

    async def drain(self) -> None:
        self.drained = True

    async def close(self) -> None:
        self.closed = True

    async def readiness(self) -> Checks:
        return {}


async def _nothing() -> None:
    """There is nothing to release."""


async def _run(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *units: tuple[CrashingRuntime, int]
) -> int:
    runtimes = {f"unit{port}": runtime for runtime, port in units}

    def host(unit: Service, *given: object) -> Host:
        runtime = runtimes[unit.name]
        guard = cast("Guard", given[3])
        app = Starlette(routes=health.routes(guard(runtime.readiness)))
        return Host(unit.name, app, runtime, None, _nothing)

    async def no_hub(*_: object) -> None:
        """Nothing here needs one."""

    monkeypatch.setattr(start, "host", host)
    monkeypatch.setattr(start, "_connect", no_hub)
    monkeypatch.setattr(runner, "load", lambda name: replace(wallets.service, name=name))
    settings = Settings(
        hub_url="",
        data_dir=folder,
        jwks_file=tokens.write_jwks(folder / "jwks.json", "one"),
        issuer=tokens.ISSUER,
        audience=tokens.AUDIENCE,
    )
    assignments = [Assignment(f"unit{port}", "127.0.0.1", port) for _, port in units]
    return await runner.run(assignments, settings)


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
    runtime, port = CrashingRuntime(), free_port()
    running = asyncio.create_task(_run(monkeypatch, tmp_path, (runtime, port)))
    await _ready(f"http://127.0.0.1:{port}/readyz", runtime)
    runtime.crash.set()
    assert await running == 1
    assert runtime.drained
    assert runtime.closed


async def test_a_failed_start_is_repeated_and_holds_up_no_other_unit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failures = (Unavailable("no stream"), RuntimeError("broken"), Unavailable("again"))
    failing, good = CrashingRuntime(*failures), CrashingRuntime()
    ports = free_port(), free_port()
    running = asyncio.create_task(
        _run(monkeypatch, tmp_path, (failing, ports[0]), (good, ports[1]))
    )
    reasons = set()
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=PATIENCE) as client:
        while True:
            with suppress(httpx.TransportError):
                answer = await client.get(f"http://127.0.0.1:{ports[0]}/readyz")
                if answer.status_code == 200:
                    break
                reasons.add(answer.json()["checks"]["unit"]["reason"])
                if failing.failures:
                    await _ready(f"http://127.0.0.1:{ports[1]}/readyz", good)
            await asyncio.sleep(0.01)
    assert {"cannot start: broken", "again"} <= reasons
    assert failing.closed
    assert not good.closed
    failing.crash.set()
    assert await running == 1
    assert good.closed
