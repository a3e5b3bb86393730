"""Carries out the faults of a schedule, on the processes of one fleet and nothing else."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.ledger import Ledger
from tests.faults.logs import Log
from tests.faults.logs.errors import HubError
from tests.faults.schedule import Fault, Kind
from tests.fleet.processes import Fleet

_BLOCK = 1 << 20
_HUB_ATTEMPTS = 60
_LAST_ATTEMPT = 3.1  # seconds from the first attempt of a message to its last one, at least
_FAILING = 2.5


@dataclass
class Chaos:
    """Breaks a fleet, and heals it.

    Attributes:
        fleet: The processes.
        log: The hub.
        ledger: Where the poison is written down.
        choice: Chooses what a fault does in detail.
        controls: The folder of the files that the processes read: clocks, and failing handlers.
        done: How often each kind of fault was carried out.
    """

    fleet: Fleet
    log: Log
    ledger: Ledger
    choice: random.Random
    controls: Path
    done: Counter[str] = field(default_factory=Counter)
    _failing_alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    _servers: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )

    async def run(self, faults: Iterable[Fault]) -> None:
        """Carry out all faults, each at its time; return when the last one is over."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                await asyncio.sleep(began + fault.at - time.monotonic())
                print(fault, flush=True)
                group.create_task(self._carry_out(fault))

    async def heal(self) -> None:
        """Undo what can be undone, and wait until all processes are ready."""
        for running in self.fleet.running.values():
            running.signal(signal.SIGCONT)
            write_clock(self.controls, running.process.name, 0)
        self._ballast.unlink(missing_ok=True)
        self._failing.unlink(missing_ok=True)
        await self.fleet.ready()

    async def _carry_out(self, fault: Fault) -> None:
        work: dict[Kind, Callable[[Fault], Awaitable[None]]] = {
            Kind.KILL: self._kill,
            Kind.KILL_SERVER: self._kill_server,
            Kind.PAUSE_SERVER: self._pause_server,
            Kind.KILL_HUB: self._kill,
            Kind.KILL_GATEWAY: self._kill,
            Kind.PAUSE: self._pause,
            Kind.PAUSE_HUB: self._pause,
            Kind.PAUSE_GATEWAY: self._pause,
            Kind.RESTART: self._restart,
            Kind.REPEAT: self._repeat,
            Kind.POISON: self._poison,
            Kind.FAIL: self._fail,
            Kind.FILL_DISK: self._fill_disk,
            Kind.JUMP: self._jump,
        }
        await work[fault.kind](fault)
        self.done[fault.kind] += 1

    async def _kill(self, fault: Fault) -> None:
        self.fleet.running[fault.target].signal(signal.SIGKILL)

    async def _pause(self, fault: Fault) -> None:
        running = self.fleet.running[fault.target]
        running.signal(signal.SIGSTOP)
        await asyncio.sleep(fault.seconds)
        running.signal(signal.SIGCONT)

    async def _kill_server(self, fault: Fault) -> None:
        """Kill the server of an engine, and start it again on its data."""
        server = self.fleet.deployment.servers[fault.target]
        async with self._servers[fault.target]:
            await asyncio.to_thread(server.kill)
            await asyncio.sleep(min(fault.seconds, 2))
            await asyncio.to_thread(server.start)

    async def _pause_server(self, fault: Fault) -> None:
        server = self.fleet.deployment.servers[fault.target]
        async with self._servers[fault.target]:
            await asyncio.to_thread(server.signal, signal.SIGSTOP)
            await asyncio.sleep(fault.seconds)
            await asyncio.to_thread(server.signal, signal.SIGCONT)

    async def _restart(self, fault: Fault) -> None:
        """Restart the processes of a unit, the next one when the one before is ready."""
        for process in self.fleet.deployment.of_unit(fault.target):
            running = self.fleet.running[process.name]
            starts = running.starts
            running.signal(signal.SIGTERM)
            while running.starts == starts:  # noqa: ASYNC110 - the operating system sets no event
                await asyncio.sleep(0.05)
            with suppress(TimeoutError):
                await self.fleet.ready(process.name)

    async def _repeat(self, fault: Fault) -> None:
        await self._with_hub(lambda: self.log.repeat(fault.amount, self.choice))

    async def _poison(self, fault: Fault) -> None:
        text = f"poison {self.choice.getrandbits(64):x}"
        self.ledger.poison.append(text)
        await self._with_hub(lambda: self.log.poison(text, self.choice))

    async def _fail(self, fault: Fault) -> None:
        """Let handlers fail, but never for so long that a message has used up its attempts."""
        async with self._failing_alone:
            self._failing.write_text("0.3")
            await asyncio.sleep(min(fault.seconds, _FAILING))
            self._failing.unlink(missing_ok=True)
            await asyncio.sleep(_LAST_ATTEMPT)

    async def _fill_disk(self, fault: Fault) -> None:
        """Fill the file system of the stores, which holds nothing else, to the last byte."""
        await asyncio.to_thread(fill, self._ballast)
        await asyncio.sleep(fault.seconds)
        self._ballast.unlink(missing_ok=True)

    async def _jump(self, fault: Fault) -> None:
        """Set a clock wrong for some time; half of the processes start with the wrong clock."""
        write_clock(self.controls, fault.target, fault.amount)
        if self.choice.random() < 0.5:
            self.fleet.running[fault.target].signal(signal.SIGKILL)
        await asyncio.sleep(fault.seconds)
        write_clock(self.controls, fault.target, 0)

    async def _with_hub(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do something with the hub, which may be dead just now."""
        for _ in range(_HUB_ATTEMPTS):
            try:
                await work()
                return
            except HubError:
                await asyncio.sleep(1)
        raise TimeoutError("the hub is away for good")

    @property
    def _ballast(self) -> Path:
        return self.fleet.deployment.data / "ballast"

    @property
    def _failing(self) -> Path:
        return self.controls / "failing"


def write_clock(controls: Path, process: str, seconds: int) -> None:
    """Set the clock of a process wrong by `seconds`."""
    path = controls / f"{process}.clock"
    path.with_suffix(".new").write_text(f"{seconds:+d}\n")
    path.with_suffix(".new").replace(path)


def fill(path: Path) -> None:
    """Write to `path` until the disk is full."""
    size = _BLOCK
    with path.open("wb", buffering=0) as file:
        while size:
            try:
                if file.write(bytes(size)) < size:
                    size //= 2
            except OSError:
                size //= 2
        os.fsync(file.fileno())
