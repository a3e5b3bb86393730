"""Waiting until the processes of the plan are ready, or until it is clear that some will not be."""

from __future__ import annotations

import time
from collections.abc import Iterable

from chassis.embedded import logs, readiness, state
from chassis.embedded.console import Console
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.processes import Running, is_alive
from chassis.embedded.readiness import Probe
from chassis.embedded.state import NO_ENDS, Planned, State
from chassis.health import Check, Severity, failed

_READY_TIMEOUT = 120.0
# More for each server of an engine: they start, and units create their tables.
_SERVER_TIMEOUT = 30.0
_POLL = 0.02
_LAST_LINES = 15
# A process that has ended so often in the meantime is not waited for any longer.
_ATTEMPTS = 3
_CANNOT_START = "cannot start"


class Waiting:
    """Waits for processes that a supervisor starts."""

    def __init__(self, paths: ProjectPaths, supervisor: Running | None, console: Console) -> None:
        """Create the waiting; `supervisor` is expected to run all the time."""
        self._paths = paths
        self._supervisor = supervisor
        self._console = console

    def until_supervised(self, run: str) -> State:
        """Wait until the supervisor has taken over `run`, and return the state.

        Raises:
            EmbeddedError: The supervisor has ended.
        """
        while True:
            found = self._state()
            if found.run == run and found.is_supervised:
                return found
            time.sleep(_POLL)

    def until_ready(self, planned: Iterable[Planned], since: State) -> dict[str, str]:
        """Wait until all `planned` processes are ready.

        Args:
            planned: The processes.
            since: The state before they were started, or restarted.

        Returns:
            The processes that do not become ready: why, by name.

        Raises:
            EmbeddedError: The supervisor has ended.
        """
        plan = self._state().plan
        pending = {
            (process.name, unit): probe
            for process in planned
            for unit, probe in readiness.probes(self._paths, plan, process).items()
        }
        total, failures = len(pending), dict[str, str]()
        needed = {each.name for each in plan.own_servers}
        limit = _READY_TIMEOUT + _SERVER_TIMEOUT * len(plan.servers)
        deadline = time.monotonic() + limit
        while pending and not needed & failures.keys():  # nothing becomes ready without them
            found = self._state()
            checks = {key: _check(found, key[0], probe) for key, probe in pending.items()}
            late = limit if time.monotonic() > deadline else None
            failures |= self._failures(since, found, checks, late)
            pending = {
                key: probe
                for key, probe in pending.items()
                if checks[key].severity is Severity.FAILED and key[0] not in failures
            }
            if pending:
                unit = next(iter(pending))[1]
                self._console.progress(f"{total - len(pending)}/{total} ready, waiting for {unit}")
                time.sleep(_POLL)
        self._console.clear()
        return failures

    def _failures(
        self,
        since: State,
        found: State,
        checks: dict[tuple[str, str], Check],
        late: float | None,
    ) -> dict[str, str]:
        failures = {}
        for (name, unit), check in checks.items():
            ends, before = found.ends.get(name, NO_ENDS), since.ends.get(name, NO_ENDS)
            count = ends.restarts - before.restarts
            if check.severity is not Severity.FAILED:
                continue
            if count >= _ATTEMPTS:
                reason = f"{name} ended {count} times while it was starting: {ends.last}"
            elif _CANNOT_START in check.reason:
                reason = f"{name} is not ready: {unit}: {check.reason}"
            elif late is not None:
                reason = f"{name} is not ready after {late:.0f} s: {unit}: {check.reason}"
            else:
                continue
            failures[name] = f"{reason}\n{self._last_lines(name)}"
        return failures

    def _last_lines(self, name: str) -> str:
        log = self._paths.log(name)
        lines = "".join(f"\n    {line}" for line in logs.last_lines(log, _LAST_LINES))
        return f"  last log lines ({self._paths.relative(log)}):{lines}"

    def _state(self) -> State:
        found = state.read(self._paths)
        if found is None or self._supervisor is None or not is_alive(self._supervisor):
            log = self._paths.supervisor_log
            lines = "".join(f"\n    {line}" for line in logs.last_lines(log, _LAST_LINES))
            raise EmbeddedError(
                f"the supervisor has ended; last log lines ({self._paths.relative(log)}):{lines}"
            )
        return found


def _check(found: State, name: str, probe: Probe) -> Check:
    running = found.started.get(name)
    if running is None or not is_alive(running):
        return failed("not running")
    return probe()
