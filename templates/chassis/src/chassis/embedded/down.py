"""`down`: stop the gateway, then the units, then the hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chassis.embedded import envoy, processes, state
from chassis.embedded.console import Console
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.processes import Running
from chassis.embedded.state import WAITING, Plan, State
from chassis.embedded.topology import GATEWAY, HUB

_REQUEST_TIMEOUT = 3.0
_STOP_TIMEOUT = 12.0


def down(root: Path, console: Console) -> None:
    """Stop the system, if it is running. Its data is kept."""
    paths = ProjectPaths(root)
    if not paths.local.exists():
        console.line("nothing is running")
        return
    with state.locked(paths, lambda: console.line(WAITING)):
        found = state.read(paths)
        if found is None:
            console.line("nothing is running")
            return
        stop_all(paths, found, console)
    console.line(f"{found.plan.system} is down")


def stop(root: Path, console: Console, names: Sequence[str]) -> Plan | None:
    """Stop processes; a later `up` starts them again.

    Args:
        root: The folder of the project.
        console: Where to report.
        names: The processes; all of them if it is empty.

    Returns:
        The plan that the system was started with; None if it is not running.

    Raises:
        EmbeddedError: There is no running process of a given name.
    """
    paths = ProjectPaths(root)
    with state.locked(paths, lambda: console.line(WAITING)):
        found = state.read(paths)
        alive = found.alive if found else {}
        for name in names:
            if name not in alive:
                running = ", ".join(alive) or "nothing"
                raise EmbeddedError(f"there is no running process {name!r}; running: {running}")
        if names:
            _stop({name: alive[name] for name in names}, console)
        elif found:
            stop_all(paths, found, console)
    return found.plan if found else None


def stop_all(paths: ProjectPaths, found: State, console: Console) -> None:
    """Stop every process of `found` that is still running, and remove the state."""
    alive = found.alive
    if gateway := alive.pop(GATEWAY, None):
        console.progress("finishing the requests in flight")
        envoy.drain(found.plan.admin_port, timeout=_REQUEST_TIMEOUT)
        _stop({GATEWAY: gateway}, console)
    hub = alive.pop(HUB, None)
    console.progress("stopping the units")
    _stop(alive, console)
    if hub:
        _stop({HUB: hub}, console)
    state.remove(paths)


def _stop(running: dict[str, Running], console: Console) -> None:
    forced = processes.stop(running.values(), timeout=_STOP_TIMEOUT)
    for name, each in running.items():
        if each in forced:
            console.line(f"{name} did not stop within {_STOP_TIMEOUT:.0f} s and was killed")
