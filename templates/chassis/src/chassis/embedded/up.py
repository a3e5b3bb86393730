"""`up`: start what does not run yet, wait until everything is ready, or leave nothing behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chassis.embedded import logs, processes, readiness, state, topology
from chassis.embedded.console import Console
from chassis.embedded.down import stop_all
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.keys import ensure_keys
from chassis.embedded.places import Places
from chassis.embedded.plan import fingerprint, make_plan
from chassis.embedded.readiness import Check
from chassis.embedded.state import Plan, State
from chassis.embedded.topology import HUB, Topology

_READY_WITHIN = 60.0
_POLL = 0.02
_STOP_WITHIN = 3.0
_LAST_LINES = 15


def up(root: Path, console: Console, *, each: bool, gateway_port: int | None) -> None:
    """Bring the system up. `each`: a process for every unit; `gateway_port` None: the topology's.

    Raises `EmbeddedError` if it cannot; what this call has started is stopped again then.
    """
    began = time.monotonic()
    places = Places(root)
    wanted = topology.load(places.topology)
    with state.locked(places, lambda: console.line("another command is at work, waiting for it")):
        ensure_keys(places)
        before = _still_wanted(places, wanted, console, each=each)
        if before and len(before.alive) == len(before.plan.processes):
            console.line(f"{wanted.system} is running already: {before.plan.gateway_url}")
            return
        if before is None:
            port = wanted.gateway.port if gateway_port is None else gateway_port
            plan = make_plan(places, wanted, each=each, gateway_port=port)
            before = State(plan=plan, started={})
        _Start(places, before, console).run()
    _tell(console, wanted, before.plan, time.monotonic() - began)


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


class _Start:
    """One start of all that the state's plan names and that does not run."""

    def __init__(self, places: Places, before: State, console: Console) -> None:
        self._places = places
        self._state = State(plan=before.plan, started=before.alive)
        self._kept = before.alive
        self._console = console

    def run(self) -> None:
        """Start and wait until ready; whatever goes wrong, or Ctrl-C, undoes it."""
        with self._undone_on_failure():
            missing = [p for p in self._state.plan.processes if p.name not in self._kept]
            for process in missing:
                if self._kept:
                    self._console.line(f"{process.name} has died: starting it again")
                command, env = process.command, process.env
                log = self._places.log(process.name)
                running = processes.start(command, cwd=self._places.root, env=env, log=log)
                self._state = self._state.with_started(process.name, running)
                state.write(self._places, self._state)
                if process.name == HUB:
                    self._wait({HUB: readiness.checks(self._state.plan, process)[HUB]})
            self._wait(
                {
                    name: check
                    for process in self._state.plan.processes
                    for name, check in readiness.checks(self._state.plan, process).items()
                }
            )

    def _wait(self, checks: dict[str, Check]) -> None:
        """Return when all `checks` pass; raise when a process dies or it takes too long."""
        total = len(checks)
        deadline = time.monotonic() + _READY_WITHIN
        while True:
            reasons = {name: reason for name, check in checks.items() if (reason := check())}
            checks = {name: checks[name] for name in reasons}
            if not checks:
                return
            self._look_for_dead()
            if time.monotonic() > deadline:
                said = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
                raise EmbeddedError(f"not ready after {_READY_WITHIN:.0f} s: {said}")
            self._console.progress(
                f"{total - len(checks)}/{total} ready, waiting for {next(iter(checks))}"
            )
            time.sleep(_POLL)

    def _look_for_dead(self) -> None:
        alive = self._state.alive
        for name in self._state.started:
            if name not in alive:
                log = self._places.log(name)
                said = "".join(f"    {line}\n" for line in logs.last_lines(log, _LAST_LINES))
                raise EmbeddedError(
                    f"{name} ended while it was starting. "
                    f"Its last words ({self._places.relative(log)}):\n{said.rstrip()}"
                )

    @contextmanager
    def _undone_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            mine = {n: r for n, r in self._state.started.items() if n not in self._kept}
            processes.stop(mine.values(), patience=_STOP_WITHIN)
            if self._kept:
                state.write(self._places, State(plan=self._state.plan, started=self._kept))
            else:
                state.remove(self._places)
            raise


def _tell(console: Console, wanted: Topology, plan: Plan, seconds: float) -> None:
    count = len(plan.processes) - 2
    inside = f"{len(wanted.units)} units in {count} process{'es' if count > 1 else ''}"
    console.line(console.good(f"{plan.system} is up: {inside}, ready after {seconds:.1f} s"))
    parts = {"gateway": plan.gateway_url, **plan.units, "nats": plan.nats_url}
    for name, url in parts.items():
        console.line(f"  {name:<{max(map(len, parts))}}  {url}")
