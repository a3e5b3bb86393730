"""One start: what does not run yet is started and waited for, or nothing is left of it."""

from __future__ import annotations

import time

from chassis.embedded import logs, processes, readiness, state
from chassis.embedded.console import Console
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.interrupts import held_back
from chassis.embedded.places import Places
from chassis.embedded.readiness import Check
from chassis.embedded.state import Planned, State
from chassis.embedded.topology import HUB

_READY_WITHIN = 120.0
_POLL = 0.02
_STOP_WITHIN = 3.0
_LAST_LINES = 15


class Start:
    """A start that goes on from the state `before`; what runs already is left as it is."""

    def __init__(self, places: Places, before: State, console: Console) -> None:
        self._places = places
        self._kept = before.alive
        self._state = State(plan=before.plan, started=self._kept)
        self._console = console

    def run(self) -> None:
        """Start and wait until everything is ready. Whatever goes wrong, or Ctrl-C, undoes it."""
        try:
            for process in self._state.plan.processes:
                if process.name not in self._kept:
                    self._start(process)
            self._wait({name: c for p in self._state.plan.processes for name, c in self._checks(p)})
        except BaseException:
            self._console.clear()
            with held_back():
                self._undo()
            raise

    def _start(self, process: Planned) -> None:
        if self._kept:
            self._console.line(f"{process.name} has died: starting it again")
        with held_back():
            running = processes.start(
                process.command,
                cwd=self._places.root,
                env=process.env,
                log=self._places.log(process.name),
            )
            self._state = self._state.with_started(process.name, running)
            state.write(self._places, self._state)
        if process.name == HUB:
            self._wait(dict(self._checks(process)))

    def _checks(self, process: Planned) -> list[tuple[str, Check]]:
        return list(readiness.checks(self._state.plan, process).items())

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
                raise EmbeddedError(
                    f"not ready after {_READY_WITHIN:.0f} s: {said}; see `make logs`"
                )
            ready = total - len(checks)
            self._console.progress(f"{ready}/{total} ready, waiting for {next(iter(checks))}")
            time.sleep(_POLL)

    def _look_for_dead(self) -> None:
        alive = self._state.alive
        for name in self._state.started:
            if name not in alive:
                log = self._places.log(name)
                said = "\n".join(f"    {line}" for line in logs.last_lines(log, _LAST_LINES))
                raise EmbeddedError(
                    f"{name} ended while it was starting. "
                    f"Its last words ({self._places.relative(log)}):\n{said}"
                )

    def _undo(self) -> None:
        mine = [each for name, each in self._state.started.items() if name not in self._kept]
        processes.stop(mine, patience=_STOP_WITHIN)
        if self._kept:
            state.write(self._places, State(plan=self._state.plan, started=self._kept))
        else:
            state.remove(self._places)
