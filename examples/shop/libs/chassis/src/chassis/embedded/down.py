"""`down`: stop the supervisor, which stops the gateway, then the units, then their servers.

Servers in containers are stopped last, as the supervisor does not know them.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chassis.embedded import compose, processes, shutdown, state
from chassis.embedded.console import Console
from chassis.embedded.locks import WAITING, command_lock, held
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.state import State

# Longer than the gateway, the units and the servers may take one after the other.
_SUPERVISOR_TIMEOUT = 4 * shutdown.STOP_TIMEOUT
_POLL = 0.02


def down(root: Path, console: Console, *, volumes: bool = False) -> None:
    """Stop the system, if it is running. Its data is kept.

    Args:
        root: The folder of the project.
        console: Where to report.
        volumes: Whether the data of servers in containers is removed.
    """
    paths = ProjectPaths(root)
    if not paths.local.exists():
        console.line("nothing is running")
        return
    with command_lock(paths, lambda: console.line(WAITING)):
        if found := state.read(paths):
            stop_system(paths, found, console)
        if volumes:
            compose.stop(paths, volumes=True)
    console.line(f"{found.plan.system} is down" if found else "nothing is running")


def stop_system(paths: ProjectPaths, found: State, console: Console) -> None:
    """Stop everything, whether a supervisor runs or not, and remove the state."""
    console.progress("finishing the requests in flight")
    with _supervisor_stopped(paths):
        left = state.read(paths) or found
        killed = {name for name, ends in left.ends.items() if ends.last == shutdown.KILLED}
        killed |= set(shutdown.stop_processes(paths, left))
        if left.plan.contained and compose.answers(paths):  # else nothing runs
            compose.stop(paths)
        state.remove(paths)
        shutil.rmtree(paths.urls, ignore_errors=True)
    for name in sorted(killed):
        console.line(f"{name} was {shutdown.KILLED}")


@contextmanager
def _supervisor_stopped(paths: ProjectPaths) -> Iterator[None]:
    """Stop the supervisor, and keep another one from starting during the block."""
    while True:
        with held(paths.supervisor_lock) as is_held:
            if is_held:
                yield
                return
        if (found := state.read(paths)) and found.supervisor:
            processes.stop([found.supervisor], timeout=_SUPERVISOR_TIMEOUT)
        time.sleep(_POLL)
