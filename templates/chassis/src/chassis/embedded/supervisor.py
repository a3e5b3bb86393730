"""The supervisor of a project: it runs in the background and keeps the plan's processes running."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from chassis.embedded import processes, readiness, requests, shutdown, state
from chassis.embedded.children import Adopted
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.keeper import Backoff, Keeper
from chassis.embedded.locks import held
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.processes import Running
from chassis.embedded.state import Ends, Planned, State
from chassis.embedded.topology import HUB
from chassis.health import Severity

_Task: TypeAlias = asyncio.Task[None]

_log = logging.getLogger(__name__)
_POLL = 0.1


def command(paths: ProjectPaths, run: str) -> tuple[str, ...]:
    """Return the command that starts the supervisor of `run`."""
    return sys.executable, "-m", "chassis.embedded", "--root", str(paths.root), "supervise", run


def supervise(root: Path, run: str) -> None:
    """Keep the processes of the plan running until SIGTERM, then stop them.

    Args:
        root: The folder of the project.
        run: The run that this supervisor was started for.

    Raises:
        EmbeddedError: Another supervisor runs, or the run is not the current one.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    paths = ProjectPaths(root)
    with held(paths.supervisor_lock) as is_held:
        found = state.read(paths)
        if not is_held or found is None or found.run != run:
            raise EmbeddedError("this start was given up: another command has taken over")
        me = processes.identify(os.getpid(), command(paths, run))
        supervisor = Supervisor(paths, replace(found, supervisor=me))
        asyncio.run(supervisor.run())


class Supervisor:
    """Keeps the processes of a plan running, and is the only one to write their state."""

    def __init__(self, paths: ProjectPaths, found: State, backoff: Backoff | None = None) -> None:
        self._paths = paths
        self._state = found
        self._backoff = backoff or Backoff()
        self._keepers = {each.name: self._keeper(each) for each in found.plan.processes}

    async def run(self) -> None:
        """Adopt what is running, start the rest, and stop everything after SIGTERM."""
        stop, planned = _stop_on_signals(), self._state.plan.processes
        try:
            with requests.received(self._paths, self._restart):
                self._write()  # from now on commands find this supervisor
                adopted = self._state.alive
                shutdown.stop_strays(self._paths.root, adopted.values())
                servers = asyncio.create_task(self._until_servers_are_ready())
                await _first_to_end(
                    stop.wait(),
                    *(self._keep(each, adopted.get(each.name), servers) for each in planned),
                )
        finally:
            self._stop_all()

    async def _keep(self, planned: Planned, adopted: Running | None, servers: _Task) -> None:
        """Keep a process running; units are started when `servers` is done."""
        if planned.units and adopted is None:
            await servers
        await self._keepers[planned.name].run(Adopted(adopted) if adopted else None)

    async def _until_servers_are_ready(self) -> None:
        plan = self._state.plan
        for server in plan.own_servers:
            if server.name == HUB:  # units start without it, too
                continue
            for probe in readiness.probes(self._paths, plan, server).values():
                while (await asyncio.to_thread(probe)).severity is Severity.FAILED:  # noqa: ASYNC110
                    await asyncio.sleep(_POLL)

    def _keeper(self, planned: Planned) -> Keeper:
        return Keeper(
            planned,
            root=self._paths.root,
            log=self._paths.log(planned.name),
            ends=self._state.ends.get(planned.name, state.NO_ENDS),
            on_start=partial(self._started, planned.name),
            on_end=partial(self._ended, planned.name),
            stop=partial(shutdown.stop_one, self._state.plan, planned.name),
            backoff=self._backoff,
        )

    def _restart(self, name: str) -> None:
        if keeper := self._keepers.get(name):
            keeper.restart()

    def _started(self, name: str, running: Running) -> None:
        self._state = self._state.with_started(name, running)
        self._write()
        _log.info("%s: started, process %d", name, running.pid)

    def _ended(self, name: str, ends: Ends) -> None:
        self._state = self._state.with_ends(name, ends)
        self._write()

    def _stop_all(self) -> None:
        _log.info("stopping")
        for name in shutdown.stop_processes(self._paths, self._state):
            ends = self._state.ends.get(name, state.NO_ENDS)
            self._state = self._state.with_ends(name, replace(ends, last=shutdown.KILLED))
        self._write()

    def _write(self) -> None:
        try:
            state.write(self._paths, self._state)
        except OSError as error:  # e.g. the disk is full: supervising goes on
            _log.warning("the state cannot be written: %s", error)


async def _first_to_end(*works: Coroutine[Any, Any, object]) -> None:
    """Run all `works` until one of them ends, and raise its error if it has failed."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _stop_on_signals() -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
