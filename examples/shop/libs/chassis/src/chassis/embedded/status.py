"""`status`: the running processes, their memory and their readiness."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from chassis.embedded import processes, readiness, state
from chassis.embedded.console import Console
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.readiness import Check
from chassis.embedded.state import State
from chassis.embedded.topology import GATEWAY, HUB

_HEAD = ("UNIT", "PROCESS", "PID", "MEMORY", "URL", "READY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The status of a unit or a server.

    Attributes:
        unit: The name of the unit or server.
        process: The name of its process.
        pid: The id of the process; None if it is not running.
        memory: The memory of the process in bytes.
        url: The URL.
        problem: Why it is not ready; None if it is.
    """

    unit: str
    process: str
    pid: int | None
    memory: int
    url: str
    problem: str | None


def status(root: Path, console: Console, *, as_json: bool) -> bool:
    """Print a row for every unit and server, and return whether all of them are ready."""
    paths = ProjectPaths(root)
    found = state.read(paths)
    rows = list(inspect(found)) if found else []
    ready = bool(rows) and all(row.problem is None for row in rows)
    if as_json:
        console.line(json.dumps({"ready": ready, "units": [asdict(row) for row in rows]}, indent=2))
    elif not rows:
        console.line("nothing is running: start it with `make up`")
    else:
        console.table(_HEAD, list(_cells(rows, console)))
        memory = sum({row.process: row.memory for row in rows}.values())
        console.line(f"{_megabytes(memory)} in total")
        if not ready:
            console.line(
                console.bad(
                    "not everything is ready: see `make logs`; `make up` starts what has ended"
                )
            )
    return ready


def inspect(found: State) -> Iterator[Row]:
    """Check all units and servers concurrently, and yield a row for each."""
    alive = found.alive
    urls = {HUB: found.plan.nats_url, GATEWAY: found.plan.gateway_url, **found.plan.units}
    targets = [
        (unit, process.name, check)
        for process in found.plan.processes
        for unit, check in readiness.checks(found.plan, process).items()
    ]
    with ThreadPoolExecutor(max_workers=8) as pool:
        problems = pool.map(lambda each: _problem(each[1] in alive, each[2]), targets)
        for (unit, process, _), problem in zip(targets, problems, strict=True):
            running = alive.get(process)
            yield Row(
                unit=unit,
                process=process,
                pid=running.pid if running else None,
                memory=processes.memory(running) if running else 0,
                url=urls[unit],
                problem=problem,
            )


def _problem(is_alive: bool, check: Check) -> str | None:
    return check() if is_alive else "not running"


def _cells(rows: list[Row], console: Console) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each row; process id and memory are shown once for a process."""
    seen: set[str] = set()
    for row in rows:
        first = row.process not in seen
        seen.add(row.process)
        pid = str(row.pid or "-") if first else ""
        memory = (_megabytes(row.memory) if row.pid else "-") if first else ""
        ready = console.good("ready") if row.problem is None else console.bad(f"no: {row.problem}")
        yield row.unit, row.process, pid, memory, row.url, ready


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB"
