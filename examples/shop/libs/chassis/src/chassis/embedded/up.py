"""`up`: start the supervisor and wait until everything is ready."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from chassis.embedded import (
    compose,
    engines,
    processes,
    requests,
    shutdown,
    state,
    supervisor,
    topology,
)
from chassis.embedded.console import Console
from chassis.embedded.down import stop_system
from chassis.embedded.engines import Servers
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.keys import ensure_keys
from chassis.embedded.locks import WAITING, command_lock, held
from chassis.embedded.options import Options
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.plan import fingerprint, make_plan
from chassis.embedded.signals import deferred_signals
from chassis.embedded.state import Plan, State
from chassis.embedded.topology import Topology
from chassis.embedded.waiting import Waiting

_SUPERVISOR_TIMEOUT = 30.0
_POLL = 0.02


def up(root: Path, console: Console, options: Options) -> None:
    """Start the system.

    What starts again and again is reported; the supervisor goes on trying, and the rest stays up.
    Ctrl-C undoes a start.

    Args:
        root: The folder of the project.
        console: Where to report.
        options: The options.

    Raises:
        EmbeddedError: The system cannot be started, or not all of it becomes ready.
    """
    began = time.monotonic()
    paths = ProjectPaths(root)
    current = topology.load(paths.topology)
    with command_lock(paths, lambda: console.line(WAITING)):
        ensure_keys(paths)
        servers = engines.choose(paths, current.chosen_engines(options), os.environ)
        _stop_outdated(paths, current, console, options, servers)
        new = _prepare(paths, current, console, options, servers)
        found, failures = _start(paths, new, console) if new else _continue(paths, console)
    if failures:
        raise EmbeddedError(_report_failures(failures))
    if new is None:
        console.line(f"{current.system} is running already: {found.plan.gateway_url}")
    else:
        _report(console, found.plan, time.monotonic() - began)


def _stop_outdated(
    paths: ProjectPaths, current: Topology, console: Console, options: Options, servers: Servers
) -> None:
    """Stop a running system that was started with another topology or with other options."""
    found = state.read(paths)
    if found is None or not (found.alive or found.is_supervised or found.plan.contained):
        return
    if found.plan.fingerprint != fingerprint(paths, current, options, servers):
        console.line("the topology has changed: stopping everything first")
        stop_system(paths, found, console)


def _prepare(
    paths: ProjectPaths, current: Topology, console: Console, options: Options, servers: Servers
) -> State | None:
    """Write the state that a new supervisor starts from; return None if one is running."""
    with held(paths.supervisor_lock) as is_held:
        if not is_held:
            return None
        found = state.read(paths)
        if found is not None and found.alive:
            console.line("the supervisor has ended: starting another one")
            new = replace(found, run=uuid4().hex, supervisor=None)
        else:
            shutdown.stop_strays(paths.root, ())
            new = State(plan=make_plan(paths, current, options, servers), run=uuid4().hex)
            for log in (
                paths.supervisor_log,
                *(paths.log(each.name) for each in new.plan.processes),
            ):
                processes.rotate(log)
        state.write(paths, new)
    return new


def _start(paths: ProjectPaths, new: State, console: Console) -> tuple[State, Mapping[str, str]]:
    """Start a supervisor and wait until everything is ready. Ctrl-C undoes a first start."""
    try:
        _start_containers(paths, new.plan, console)
        with deferred_signals():
            command = supervisor.command(paths, new.run)
            started = processes.start(command, cwd=paths.root, env={}, log=paths.supervisor_log)
        waiting = Waiting(paths, started, console)
        found = waiting.until_supervised(new.run)
        return found, waiting.until_ready(found.plan.processes, new)
    except BaseException:
        console.clear()
        if not new.started:
            with deferred_signals():
                stop_system(paths, new, console)
        raise


def _start_containers(paths: ProjectPaths, plan: Plan, console: Console) -> None:
    if plan.contained:
        console.line(f"starting {', '.join(plan.contained)} in containers")
        compose.start(paths, plan.contained)


def _continue(paths: ProjectPaths, console: Console) -> tuple[State, Mapping[str, str]]:
    """Start again at once what waits to be started again, and wait until everything is ready."""
    found = _supervised(paths)
    _start_containers(paths, found.plan, console)
    for each in found.plan.processes:
        if each.name not in found.alive:
            console.line(f"{each.name} has ended: starting it again")
            requests.restart(paths, each.name)
    waiting = Waiting(paths, found.supervisor, console)
    return found, waiting.until_ready(found.plan.processes, found)


def _supervised(paths: ProjectPaths) -> State:
    """Return the state of a running supervisor, which may have been started a moment ago."""
    deadline = time.monotonic() + _SUPERVISOR_TIMEOUT
    while (found := state.read(paths)) is None or not found.is_supervised:
        if time.monotonic() > deadline:
            raise EmbeddedError("the supervisor does not start; run `make down` and `make up`")
        time.sleep(_POLL)
    return found


def _report_failures(failures: Mapping[str, str]) -> str:
    advice = "The other processes are running, and these are started again: see `make status`."
    return "\n".join([*failures.values(), f"{advice} `make down` stops everything."])


def _report(console: Console, plan: Plan, seconds: float) -> None:
    count = sum(1 for process in plan.processes if process.units)
    inside = f"{len(plan.units)} units in {count} process{'es' if count > 1 else ''}"
    console.line(console.good(f"{plan.system} is up: {inside}, ready after {seconds:.1f} s"))
    parts = [
        ("gateway", plan.gateway_url),
        *((unit, " ".join(urls)) for unit, urls in plan.copies.items()),
        *([("nats", plan.nats_url)] if plan.nats_port else []),
        *plan.servers.items(),
    ]
    width = max(len(name) for name, _ in parts)
    for name, url in parts:
        console.line(f"  {name:<{width}}  {url}")
