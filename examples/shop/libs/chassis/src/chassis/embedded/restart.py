"""`restart`: one process after the other, so that the other copies serve in the meantime."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from chassis.embedded import requests, state
from chassis.embedded.console import Console
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.locks import WAITING, command_lock
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.processes import Running
from chassis.embedded.state import Planned, State
from chassis.embedded.waiting import Waiting

_POLL = 0.02
_TIMEOUT = 60.0


def restart(root: Path, console: Console, names: Sequence[str]) -> None:
    """Restart processes, each after the one before it is ready.

    Args:
        root: The folder of the project.
        console: Where to report.
        names: Processes, or single copies such as `order-2`; all units if it is empty.

    Raises:
        EmbeddedError: The system is not running, or there is no such process, or one of them
            does not become ready again.
    """
    paths = ProjectPaths(root)
    with command_lock(paths, lambda: console.line(WAITING)):
        found = state.read(paths)
        if found is None or found.supervisor is None or not found.is_supervised:
            raise EmbeddedError("the system is not running: start it with `make up`")
        waiting = Waiting(paths, found.supervisor, console)
        for process in _chosen(found, names):
            began = time.monotonic()
            console.progress(f"restarting {process.name}")
            _restart(paths, process, found.started.get(process.name))
            if failures := waiting.until_ready([process], found):
                raise EmbeddedError(failures[process.name])
            console.line(f"{process.name} is ready again after {time.monotonic() - began:.1f} s")


def _chosen(found: State, names: Sequence[str]) -> list[Planned]:
    processes = found.plan.processes
    if not names:
        return [each for each in processes if each.units]
    known = {name for each in processes for name in (each.name, each.copy_of)}
    for name in names:
        if name not in known:
            running = ", ".join(each.name for each in processes)
            raise EmbeddedError(f"there is no running process {name!r}; running: {running}")
    return [each for each in processes if {each.name, each.copy_of} & set(names)]


def _restart(paths: ProjectPaths, process: Planned, before: Running | None) -> None:
    """Request a restart and wait until another process has taken the place of `before`."""
    requests.restart(paths, process.name)
    deadline = time.monotonic() + _TIMEOUT
    while (found := state.read(paths)) is None or found.started.get(process.name) == before:
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{process.name} was not restarted within {_TIMEOUT:.0f} s")
        time.sleep(_POLL)
