"""What is measured against: the bare handler, and the loop by hand."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
from chassis.embedded.ports import LOOPBACK, free_ports

from bench.runtime.driver import Driver
from tests.fleet.deployment import ROOT

_WARM_UP, _COMMANDS, _AT_ONCE = 300, 3000, 16
_RUNS = 3
_PACED_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Bare:
    """The bare handler, as it runs."""

    driver: Driver
    url: str
    pid: int

    async def command(self) -> float:
        """Return the processor seconds of a command, many at once."""
        return await command(self.driver, self.url, self.pid)

    async def command_at(self, rate: float) -> float:
        """Return the processor seconds of a command when they come at a rate.

        A process that sleeps between two requests needs more for each, whatever it does: caches are
        cold, and nothing shares a wake-up.
        """
        before = _cpu(self.pid)
        count = int(rate * _PACED_SECONDS)
        await self.driver.commands_at(self.url, rate, count)
        return (_cpu(self.pid) - before) / count


@asynccontextmanager
async def bare(driver: Driver) -> AsyncIterator[Bare]:
    """Serve the bare handler."""
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "uvicorn", "bench.runtime.bare:app"),
            *("--port", str(port), "--loop", "uvloop", "--http", "httptools"),
            *("--no-access-log", "--log-level", "warning"),
            cwd=ROOT,
            env={**os.environ, "BARE_STORE": str(Path(folder, "bare.db"))},
        )
        try:
            url = f"http://{LOOPBACK}:{port}"
            await _until_listening(driver.http, url)
            yield Bare(driver, url, server.pid)
        finally:
            server.terminate()
            await server.wait()


async def command(driver: Driver, url: str, pid: int) -> float:
    """Return the processor seconds that a command costs the process `pid`, which serves `url`."""
    await driver.commands(url, _WARM_UP, _AT_ONCE)
    found = []
    for _ in range(_RUNS):
        before = _cpu(pid)
        await driver.commands(url, _COMMANDS, _AT_ONCE)
        await asyncio.sleep(1)  # what it publishes afterwards belongs to the command, too
        found.append((_cpu(pid) - before) / _COMMANDS)
    return min(found)


async def loop_by_hand(nats_url: str, stream: str, count: int) -> tuple[float, float]:
    """Return the seconds, and processor seconds, that `count` messages took."""
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        command = (sys.executable, "-m", "bench.runtime.loop", nats_url, stream)
        process = await asyncio.create_subprocess_exec(
            *command,
            str(Path(folder, "loop.db")),
            str(count),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        printed, _ = await process.communicate()
        wall, cpu = json.loads(printed)
        return wall, cpu


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


async def _until_listening(http: aiohttp.ClientSession, url: str) -> None:
    for _ in range(600):
        try:
            async with http.get(url):
                return
        except aiohttp.ClientError:
            await asyncio.sleep(0.05)
    raise TimeoutError(url)
