"""Runs a deployment: starts its processes, starts those again that have ended, signals them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
import psutil

from tests.fleet.deployment import GATEWAY, HUB, Deployment, Process

_RESTART_AFTER = 0.3
_READY_WITHIN = 180.0
_STOP_WITHIN = 15.0


@dataclass(eq=False)
class Running:
    """A process that is kept running until `stop`."""

    process: Process
    deployment: Deployment
    child: asyncio.subprocess.Process | None = None
    starts: int = 0
    wanted: bool = True
    used: float = 0.0  # seconds of processor time of those that have ended
    _keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it; a task starts it again whenever it ends."""
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.process.name}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended just now."""
        if self.child is not None and self.child.returncode is None:
            with suppress(ProcessLookupError):
                self.child.send_signal(number)

    async def stop(self) -> None:
        """Stop it for good; SIGKILL if SIGTERM does not do."""
        self.wanted = False
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        if self._keeper is None:
            return
        try:
            async with asyncio.timeout(_STOP_WITHIN):
                await asyncio.shield(self._keeper)
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self._keeper

    def cpu(self) -> float:
        """Return the seconds of processor time so far; of it and its children."""
        if self.child is None or self.child.returncode is not None:
            return self.used
        try:
            times = psutil.Process(self.child.pid).cpu_times()
        except psutil.Error:
            return self.used
        return self.used + sum(times[:4])

    def memory(self) -> int:
        """Return the resident bytes."""
        if self.child is None or self.child.returncode is not None:
            return 0
        try:
            return int(psutil.Process(self.child.pid).memory_info().rss)
        except psutil.Error:
            return 0

    async def _spawn(self) -> None:
        log = self.deployment.root / ".local" / "logs" / f"{self.process.name}.log"
        with log.open("ab") as output:
            self.child = await asyncio.create_subprocess_exec(
                *("nice", "-n", str(self.deployment.niceness)),
                *self.process.command,
                cwd=self.deployment.root,
                env={**_environment(), **self.process.env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        self.starts += 1

    async def _keep(self) -> None:
        while True:
            assert self.child is not None
            await self.child.wait()
            if not self.wanted:
                return
            await asyncio.sleep(_RESTART_AFTER)
            await self._spawn()


@dataclass
class Fleet:
    """All processes of a deployment."""

    deployment: Deployment
    running: dict[str, Running] = field(default_factory=dict)

    async def __aenter__(self) -> Fleet:
        try:
            for process in self.deployment.processes:
                self.running[process.name] = Running(process, self.deployment)
                await self.running[process.name].start()
            await self.ready()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(each.stop() for each in self.running.values()))

    async def ready(self, *names: str) -> None:
        """Wait until the processes, or all of them, are ready.

        Raises:
            TimeoutError: One is not, after a generous time.
        """
        deadline = time.monotonic() + _READY_WITHIN
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as http:
            for name in names or self.running:
                while not await _is_ready(http, self.running[name].process, self.deployment):
                    if time.monotonic() > deadline:
                        raise TimeoutError(f"{name} is not ready after {_READY_WITHIN:.0f} s")
                    await asyncio.sleep(0.05)

    def cpu(self) -> Counter[str]:
        """Return the seconds of processor time so far by process."""
        return Counter({name: each.cpu() for name, each in self.running.items()})

    def memory(self) -> int:
        """Return the resident bytes of all processes."""
        return sum(each.memory() for each in self.running.values())


def _environment() -> dict[str, str]:
    left_out = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in left_out}


async def _is_ready(http: aiohttp.ClientSession, process: Process, deployment: Deployment) -> bool:
    if process.name == HUB:
        return await asyncio.to_thread(_is_listening, deployment.nats_url)
    path = "/livez" if process.name == GATEWAY else "/readyz"
    try:
        async with http.get(process.url + path) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def _is_listening(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1):
            return True
    except OSError:
        return False
