"""`down`: stop what was started: the gateway first, the units next, the hub last."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chassis.embedded import envoy, processes, state
from chassis.embedded.console import Console
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.places import Places
from chassis.embedded.processes import Running
from chassis.embedded.state import WAITING, Plan, State
from chassis.embedded.topology import GATEWAY, HUB

_REQUESTS_END_WITHIN = 3.0
_PROCESSES_END_WITHIN = 12.0


def down(root: Path, console: Console) -> None:
    """Stop the system; harmless if it does not run. Its data stays."""
    places = Places(root)
    if not places.local.exists():
        console.line("nothing is running")
        return
    with state.locked(places, lambda: console.line(WAITING)):
        found = state.read(places)
        if found is None:
            console.line("nothing is running")
            return
        stop_all(places, found, console)
    console.line(f"{found.plan.system} is down")


def end(root: Path, console: Console, names: Sequence[str]) -> Plan | None:
    """Stop the processes called `names`, all if there are none; a later `up` starts them again.

    Returns the plan they were started by, None if nothing was.
    """
    places = Places(root)
    with state.locked(places, lambda: console.line(WAITING)):
        found = state.read(places)
        alive = found.alive if found else {}
        for name in names:
            if name not in alive:
                known = ", ".join(alive) or "nothing"
                raise EmbeddedError(f"no process called {name!r} is running; running: {known}")
        if names:
            _stop({name: alive[name] for name in names}, console)
        elif found:
            stop_all(places, found, console)
    return found.plan if found else None


def stop_all(places: Places, found: State, console: Console) -> None:
    """Stop every process of `found` that is still ours, and forget them."""
    alive = found.alive
    if gateway := alive.pop(GATEWAY, None):
        console.progress("finishing the requests under way")
        envoy.drain(found.plan.admin_port, patience=_REQUESTS_END_WITHIN)
        _stop({GATEWAY: gateway}, console)
    hub = alive.pop(HUB, None)
    console.progress("stopping the units")
    _stop(alive, console)
    if hub:
        _stop({HUB: hub}, console)
    state.remove(places)


def _stop(running: dict[str, Running], console: Console) -> None:
    forced = processes.stop(running.values(), patience=_PROCESSES_END_WITHIN)
    for name, each in running.items():
        if each in forced:
            console.line(f"{name} did not end within {_PROCESSES_END_WITHIN:.0f} s and was killed")
