"""`up`: start what does not run yet and wait until everything is ready."""

from __future__ import annotations

import time
from pathlib import Path

from chassis.embedded import state, topology
from chassis.embedded.console import Console
from chassis.embedded.down import stop_all
from chassis.embedded.keys import ensure_keys
from chassis.embedded.places import Places
from chassis.embedded.plan import fingerprint, make_plan
from chassis.embedded.starting import Start
from chassis.embedded.state import WAITING, Plan, State
from chassis.embedded.topology import Topology


def up(root: Path, console: Console, *, each: bool, gateway_port: int | None) -> None:
    """Bring the system up. `each`: a process for every unit; `gateway_port` None: the topology's.

    Raises `EmbeddedError` if it cannot; what this call has started is stopped again then.
    """
    began = time.monotonic()
    places = Places(root)
    wanted = topology.load(places.topology)
    with state.locked(places, lambda: console.line(WAITING)):
        ensure_keys(places)
        before = _still_wanted(places, wanted, console, each=each)
        if before is None:
            port = wanted.gateway.port if gateway_port is None else gateway_port
            plan = make_plan(places, wanted, each=each, gateway_port=port)
            before = State(plan=plan, started={})
        was_up = len(before.alive) == len(before.plan.processes)
        Start(places, before, console).run()
    if was_up:
        console.line(f"{wanted.system} is running already: {before.plan.gateway_url}")
    else:
        _tell(console, before.plan, time.monotonic() - began)


def _still_wanted(
    places: Places, wanted: Topology, console: Console, *, each: bool
) -> State | None:
    """The state to go on from: None if nothing runs, or not what is wanted now."""
    found = state.read(places)
    if found is None or not found.alive:
        return None
    if found.plan.fingerprint != fingerprint(places, wanted, each=each):
        console.line("what is to run has changed: stopping everything first")
        stop_all(places, found, console)
        return None
    return found


def _tell(console: Console, plan: Plan, seconds: float) -> None:
    count = sum(1 for process in plan.processes if process.units)
    inside = f"{len(plan.units)} units in {count} process{'es' if count > 1 else ''}"
    console.line(console.good(f"{plan.system} is up: {inside}, ready after {seconds:.1f} s"))
    parts = {"gateway": plan.gateway_url, **plan.units, "nats": plan.nats_url}
    for name, url in parts.items():
        console.line(f"  {name:<{max(map(len, parts))}}  {url}")
