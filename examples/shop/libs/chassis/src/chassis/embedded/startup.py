"""A start of the system: either everything becomes ready, or the start is undone."""

from __future__ import annotations

import time

from chassis.embedded import logs, processes, readiness, state
from chassis.embedded.console import Console
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.readiness import Check
from chassis.embedded.signals import deferred_signals
from chassis.embedded.state import Planned, State
from chassis.embedded.topology import HUB

_READY_TIMEOUT = 120.0
_POLL = 0.02
_STOP_TIMEOUT = 3.0
_LAST_LINES = 15


class Startup:
    """Starts the processes that are not running yet in the state `before`."""

    def __init__(self, paths: ProjectPaths, before: State, console: Console) -> None:
        self._paths = paths
        self._kept = before.alive
        self._state = State(plan=before.plan, started=self._kept)
        self._console = console

    def run(self) -> None:
        """Start everything and wait until it is ready. An error, or Ctrl-C, undoes the start."""
        try:
            for process in self._state.plan.processes:
                if process.name not in self._kept:
                    self._start(process)
            self._wait({name: c for p in self._state.plan.processes for name, c in self._checks(p)})
        except BaseException:
            self._console.clear()
            with deferred_signals():
                self._undo()
            raise

    def _start(self, process: Planned) -> None:
        if self._kept:
            self._console.line(f"{process.name} has ended: starting it again")
        with deferred_signals():
            running = processes.start(
                process.command,
                cwd=self._paths.root,
                env=process.env,
                log=self._paths.log(process.name),
            )
            self._state = self._state.with_started(process.name, running)
            state.write(self._paths, self._state)
        if process.name == HUB:
            self._wait(dict(self._checks(process)))

    def _checks(self, process: Planned) -> list[tuple[str, Check]]:
        return list(readiness.checks(self._state.plan, process).items())

    def _wait(self, checks: dict[str, Check]) -> None:
        """Wait until all `checks` pass.

        Raises:
            EmbeddedError: A process has ended, or the timeout has passed.
        """
        total = len(checks)
        deadline = time.monotonic() + _READY_TIMEOUT
        while True:
            reasons = {name: reason for name, check in checks.items() if (reason := check())}
            checks = {name: checks[name] for name in reasons}
            if not checks:
                return
            self._check_alive()
            if time.monotonic() > deadline:
                details = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
                raise EmbeddedError(
                    f"not ready after {_READY_TIMEOUT:.0f} s: {details}; see `make logs`"
                )
            ready = total - len(checks)
            self._console.progress(f"{ready}/{total} ready, waiting for {next(iter(checks))}")
            time.sleep(_POLL)

    def _check_alive(self) -> None:
        alive = self._state.alive
        for name in self._state.started:
            if name not in alive:
                log = self._paths.log(name)
                details = "\n".join(f"    {line}" for line in logs.last_lines(log, _LAST_LINES))
                raise EmbeddedError(
                    f"{name} ended while it was starting. "
                    f"Last log lines ({self._paths.relative(log)}):\n{details}"
                )

    def _undo(self) -> None:
        mine = [each for name, each in self._state.started.items() if name not in self._kept]
        processes.stop(mine, timeout=_STOP_TIMEOUT)
        if self._kept:
            state.write(self._paths, State(plan=self._state.plan, started=self._kept))
        else:
            state.remove(self._paths)
