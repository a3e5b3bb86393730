"""Processor time of the system: what the capacity model predicts, and what was measured."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from chassis.embedded import state
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.processes import Running
from chassis.embedded.topology import GATEWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Milliseconds of processor time: of the units, of the gateway and of the event hub."""

    units: float
    gateway: float
    hub: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            units=self.units + other.units,
            gateway=self.gateway + other.gateway,
            hub=self.hub + other.hub,
        )

    def __sub__(self, other: Cost) -> Cost:
        return self + other * -1

    def __mul__(self, times: float) -> Cost:
        return Cost(units=self.units * times, gateway=self.gateway * times, hub=self.hub * times)

    @property
    def total(self) -> float:
        """Of everything."""
        return self.units + self.gateway + self.hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """Milliseconds of processor time in a second, whatever the rate is.

    Attributes:
        process: Of each process of units.
        unit: Of each unit.
        gateway: Of the gateway.
        hub: Of the event hub, for each unit.
    """

    process: float
    unit: float
    gateway: float
    hub: float

    def of(self, processes: int, units: int) -> Cost:
        """Return what so many processes cost with so many units."""
        return Cost(
            units=processes * self.process + units * self.unit,
            gateway=self.gateway,
            hub=units * self.hub,
        )


NOTHING = Cost(units=0.0, gateway=0.0, hub=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What the system has used since it was started, and how much of it runs, with all copies."""

    cost: Cost
    processes: int
    units: int


def used(root: Path) -> Used | None:
    """Return what the system of `make up` has used.

    None if it runs elsewhere, or on other engines than the embedded ones: costs are known of
    those only.
    """
    found = None if os.environ.get("GATEWAY_URL") else state.read(ProjectPaths(root.resolve()))
    if found is None or found.plan.servers or found.plan.contained:
        return None
    cost = NOTHING
    for process in found.plan.processes:
        if process.name not in found.started:
            return None
        time = _milliseconds(found.started[process.name])
        cost += Cost(
            units=time if process.units else 0.0,
            gateway=time if process.name == GATEWAY else 0.0,
            hub=0.0 if process.units or process.name == GATEWAY else time,
        )
    of_units = [len(each.units) for each in found.plan.processes if each.units]
    return Used(cost=cost, processes=len(of_units), units=sum(of_units))


def comparison(predicted: Cost, measured: Cost | None, seconds: float) -> str:
    """Return a line with the processor time of a second, and the error of the prediction."""
    if measured is None or not measured.total:
        return f"processor time: {predicted.total / seconds:.0f} ms/s predicted, not measured"
    parts = (
        f"{name} {expected / seconds:.0f} / {found / seconds:.0f}"
        for name, expected, found in (
            ("units", predicted.units, measured.units),
            ("gateway", predicted.gateway, measured.gateway),
            ("event hub", predicted.hub, measured.hub),
        )
    )
    error = 100 * (predicted.total / measured.total - 1)
    return (
        f"processor time: {predicted.total / seconds:.0f} ms/s predicted, "
        f"{measured.total / seconds:.0f} measured, error {error:+.0f} % ({', '.join(parts)})"
    )


def _milliseconds(running: Running) -> float:
    """Return the processor time of a process and its children, without those that have ended."""
    try:
        process = psutil.Process(running.pid)
        return sum(map(_own, (process, *process.children(recursive=True))))
    except psutil.NoSuchProcess:
        return 0.0


def _own(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return 1000 * float(times.user + times.system)
