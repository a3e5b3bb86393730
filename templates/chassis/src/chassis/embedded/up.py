"""`up`: start what is not running and wait until everything is ready."""

from __future__ import annotations

import time
from pathlib import Path

from chassis.embedded import state, topology
from chassis.embedded.console import Console
from chassis.embedded.down import stop_all
from chassis.embedded.keys import ensure_keys
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.plan import fingerprint, make_plan
from chassis.embedded.startup import Startup
from chassis.embedded.state import WAITING, Plan, State
from chassis.embedded.topology import Topology


def up(root: Path, console: Console, *, each: bool, gateway_port: int | None) -> None:
    """Start the system.

    Args:
        root: The folder of the project.
        console: Where to report.
        each: Whether each unit runs in a process of its own.
        gateway_port: The port of the gateway; None for the one in the topology.

    Raises:
        EmbeddedError: The system cannot be started. What this call has started is stopped again.
    """
    began = time.monotonic()
    paths = ProjectPaths(root)
    current = topology.load(paths.topology)
    with state.locked(paths, lambda: console.line(WAITING)):
        ensure_keys(paths)
        before = _current_state(paths, current, console, each=each)
        if before is None:
            port = current.gateway.port if gateway_port is None else gateway_port
            plan = make_plan(paths, current, each=each, gateway_port=port)
            before = State(plan=plan, started={})
        was_up = len(before.alive) == len(before.plan.processes)
        Startup(paths, before, console).run()
    if was_up:
        console.line(f"{current.system} is running already: {before.plan.gateway_url}")
    else:
        _report(console, before.plan, time.monotonic() - began)


def _current_state(
    paths: ProjectPaths, current: Topology, console: Console, *, each: bool
) -> State | None:
    """Return the running state; None if nothing is running, or the topology has changed."""
    found = state.read(paths)
    if found is None or not found.alive:
        return None
    if found.plan.fingerprint != fingerprint(paths, current, each=each):
        console.line("the topology has changed: stopping everything first")
        stop_all(paths, found, console)
        return None
    return found


def _report(console: Console, plan: Plan, seconds: float) -> None:
    count = sum(1 for process in plan.processes if process.units)
    inside = f"{len(plan.units)} units in {count} process{'es' if count > 1 else ''}"
    console.line(console.good(f"{plan.system} is up: {inside}, ready after {seconds:.1f} s"))
    parts = {"gateway": plan.gateway_url, **plan.units, "nats": plan.nats_url}
    for name, url in parts.items():
        console.line(f"  {name:<{max(map(len, parts))}}  {url}")
