"""`status`: the running processes, their memory, restarts and readiness."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from chassis.embedded import processes, readiness, state
from chassis.embedded.console import Console
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.readiness import Probe
from chassis.embedded.state import NO_ENDS, State
from chassis.embedded.topology import GATEWAY, HUB
from chassis.health import Check, Severity, failed

_FAILED = Severity.FAILED.name.lower()
_HEAD = ("UNIT", "PROCESS", "PID", "MEMORY", "RESTARTS", "URL", "READY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The status of a unit or a server.

    Attributes:
        unit: The name of the unit or server.
        process: The name of its process.
        pid: The id of the process; None if it is not running.
        memory: The memory of the process in bytes.
        restarts: How often the process was started again after an unexpected end.
        last_exit: The reason of its last unexpected end; None if there was none.
        url: The URL.
        status: `ok`, `degraded` (ready, but with a problem) or `failed` (not ready).
        problem: What is wrong with it; None if nothing is.
    """

    unit: str
    process: str
    pid: int | None
    memory: int
    restarts: int
    last_exit: str | None
    url: str
    status: str
    problem: str | None

    @property
    def is_ready(self) -> bool:
        """Whether it serves requests."""
        return self.status != _FAILED


def status(root: Path, console: Console, *, as_json: bool) -> bool:
    """Print a row for every copy of a unit and every server.

    Returns:
        Whether all of them are ready, and a supervisor watches over them.
    """
    paths = ProjectPaths(root)
    found = state.read(paths)
    rows = list(inspect(paths, found)) if found else []
    ready = bool(rows) and all(row.is_ready for row in rows)
    supervised = found is not None and found.is_supervised
    if as_json:
        units = [asdict(row) for row in rows]
        console.line(
            json.dumps({"ready": ready, "supervised": supervised, "units": units}, indent=2)
        )
    elif not rows:
        console.line("nothing is running: start it with `make up`")
    else:
        console.table(_HEAD, list(_cells(rows, console)))
        memory = sum({row.process: row.memory for row in rows}.values())
        console.line(f"{_megabytes(memory)} in total")
        if not supervised:
            console.line(console.bad("the supervisor has ended: `make up` starts another one"))
        elif not ready:
            console.line(console.bad("not everything is ready: see `make logs`"))
    return ready and supervised


def inspect(paths: ProjectPaths, found: State) -> Iterator[Row]:
    """Check all units and servers concurrently, and yield a row for each."""
    alive = found.alive
    servers = {
        HUB: found.plan.nats_url,
        GATEWAY: found.plan.gateway_url,
        **found.plan.servers,
    }
    targets = [
        (unit, process, probe)
        for process in found.plan.processes
        for unit, probe in readiness.probes(paths, found.plan, process).items()
    ]
    with ThreadPoolExecutor(max_workers=8) as pool:
        checks = pool.map(lambda each: _check(each[1].name in alive, each[2]), targets)
        for (unit, process, _), check in zip(targets, checks, strict=True):
            running = alive.get(process.name)
            ends = found.ends.get(process.name, NO_ENDS)
            yield Row(
                unit=unit,
                process=process.name,
                pid=running.pid if running else None,
                memory=processes.memory(running) if running else 0,
                restarts=ends.restarts,
                last_exit=ends.last,
                url=process.units.get(unit) or servers[unit],
                status=check.severity.name.lower(),
                problem=check.reason or None,
            )


def _check(is_alive: bool, probe: Probe) -> Check:
    return probe() if is_alive else failed("not running")


def _cells(rows: list[Row], console: Console) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each row; what is of the process is shown once."""
    seen: set[str] = set()
    for row in rows:
        first = row.process not in seen
        seen.add(row.process)
        pid = str(row.pid or "-") if first else ""
        memory = (_megabytes(row.memory) if row.pid else "-") if first else ""
        restarts = _restarts(row) if first else ""
        yield row.unit, row.process, pid, memory, restarts, row.url, _readiness(row, console)


def _restarts(row: Row) -> str:
    return f"{row.restarts} ({row.last_exit})" if row.last_exit else str(row.restarts)


def _readiness(row: Row, console: Console) -> str:
    if not row.is_ready:
        return console.bad(f"no: {row.problem}")
    return console.good("ready") if row.problem is None else f"degraded: {row.problem}"


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB"
