"""The processor time of the system: which processes count, and the line that is printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE

import psutil
import pytest
from chassis.embedded import state
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.processes import Running
from chassis.embedded.state import Plan, Planned, State
from chassis.testing.load.processor import Cost, Idle, comparison, used


def planned(name: str, *units: str) -> Planned:
    urls = dict.fromkeys(units, "http://127.0.0.1:1")
    return Planned(name=name, copy_of=name, command=(), env={}, units=urls)


PLAN = Plan(
    system="notes",
    fingerprint="",
    nats_port=1,
    gateway_port=2,
    admin_port=3,
    processes=(planned("nats"), planned("notes", "notes", "authors"), planned("gateway")),
)


def write(root: Path, plan: Plan, pids: Mapping[str, int]) -> None:
    paths = ProjectPaths(root.resolve())
    paths.state.parent.mkdir(parents=True, exist_ok=True)
    started = {name: Running(pid, 0.0, ()) for name, pid in pids.items()}
    state.write(paths, State(plan=plan, run="1", started=started))


@pytest.fixture
def busy() -> Iterator[psutil.Popen]:
    """A process that has used some processor time, and waits."""
    code = "sum(range(10**6)); print(flush=True); input()"
    process = psutil.Popen([sys.executable, "-c", code], stdin=PIPE, stdout=PIPE)
    process.stdout.readline()
    yield process
    process.communicate()


def milliseconds(process: psutil.Popen) -> float:
    times = process.cpu_times()
    return 1000 * float(times.user + times.system)


def test_processes_are_counted_by_what_they_are(
    busy: psutil.Popen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GATEWAY_URL", raising=False)
    gone = psutil.Popen([sys.executable, "-c", ""])
    gone.wait()
    write(tmp_path, PLAN, {"nats": gone.pid, "notes": busy.pid, "gateway": gone.pid})
    before = milliseconds(busy)
    found = used(tmp_path)
    assert found is not None
    assert (found.processes, found.units) == (1, 2)
    assert 0 < before <= found.cost.units <= milliseconds(busy)
    assert (found.cost.gateway, found.cost.hub) == (0.0, 0.0), "what has ended is not counted"
    write(tmp_path, PLAN, {"nats": busy.pid, "notes": gone.pid, "gateway": gone.pid})
    found = used(tmp_path)
    assert found is not None
    assert found.cost.hub > 0
    assert found.cost.units == 0


def test_nothing_is_measured_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pids = dict.fromkeys(("nats", "notes", "gateway"), os.getpid())
    monkeypatch.delenv("GATEWAY_URL", raising=False)
    assert used(tmp_path) is None, "nothing runs"
    write(tmp_path, replace(PLAN, servers={"redis": "redis://127.0.0.1:1"}), pids)
    assert used(tmp_path) is None, "the costs are those of other engines"
    write(tmp_path, PLAN, pids)
    assert used(tmp_path) is not None
    monkeypatch.setenv("GATEWAY_URL", "http://127.0.0.1:2")
    assert used(tmp_path) is None


def test_idle_time_is_of_processes_and_of_units() -> None:
    idle = Idle(process=9.0, unit=7.0, gateway=5.0, hub=2.0)
    assert idle.of(2, 3) == Cost(units=39.0, gateway=5.0, hub=6.0)


def test_the_error_is_that_of_the_prediction() -> None:
    predicted = Cost(units=800.0, gateway=100.0, hub=0.0)
    measured = Cost(units=1000.0, gateway=100.0, hub=100.0)
    assert comparison(predicted, measured, 2.0) == (
        "processor time: 450 ms/s predicted, 600 measured, error -25 % "
        "(units 400 / 500, gateway 50 / 50, event hub 0 / 50)"
    )
    assert comparison(predicted, None, 2.0) == "processor time: 450 ms/s predicted, not measured"
