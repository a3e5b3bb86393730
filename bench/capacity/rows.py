"""The group `capacity` of `make bench`: predictions beside what was measured.

Nothing is measured here: `figures` has what other groups have measured. The model is calibrated
with some of them; the simulation is asked for the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.capacity.calibration import ITEMS, all_units, peaks_of, shop
from bench.capacity.figures import BUSY, COMPARED, CORES, FIGURES, LOCUST, Run
from bench.capacity.simulation import Result, Setup, Simulation, quantile
from bench.report import Row
from meshgen.capacity import CapacityPlan, plan
from meshgen.capacity.costs import COSTS
from meshgen.capacity.operations import Operation, Operations
from meshgen.spec.model import Peak, Spec

GOAL = 25.0
"""Percent that a prediction may be away from what was measured."""

_SECONDS = 20.0
GATEWAY = "gateway"
LARGE = (180, 1_000, 10_000)
"""Requests a second at the gateway."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A prediction, and what was measured."""

    what: str
    predicted: float
    measured: float
    unit: str

    @property
    def error(self) -> float:
        """How far the prediction is away, in percent of what was measured."""
        return 100 * (self.predicted - self.measured) / self.measured


def comparisons() -> list[Comparison]:
    """Simulate the shop as it was measured: two cores for all."""
    spec = shop()
    pairs = (FIGURES.together, FIGURES.alone)
    calibrated = (*(run for pair in pairs for run in (pair.slow, pair.fast)), BUSY)
    return [
        *(_compared(spec, run, " (calibrated with it)") for run in calibrated),
        *(_compared(spec, run) for run in COMPARED),
    ]


def _compared(spec: Spec, run: Run, note: str = "") -> Comparison:
    place = "one process" if run.together else "a process for each unit"
    ((name, scale),) = run.scale.items()
    what = f"{scale:g} × {name or 'the whole peak'}, {place}{note}"
    found = simulated(spec, peaks_of(spec, run), together=run.together, seconds=_SECONDS)
    return Comparison(what, 1000 * found.cpu, run.total, "ms/s")


def simulated(spec: Spec, peaks: tuple[Peak, ...], *, together: bool, seconds: float) -> Result:
    """Simulate the load test of the embedded shop, in one process or in one for each unit."""
    every = all_units(spec)
    units = {"shop": every} if together else {unit: (unit,) for unit in every}
    setup = Setup(
        costs=COSTS,
        units=units,
        copies={**dict.fromkeys(units, 1), GATEWAY: 1},
        cores=CORES,
        driver=LOCUST,
    )
    return Simulation(setup).run(load_of(spec, peaks, ITEMS), seconds)


def load_of(
    spec: Spec, peaks: tuple[Peak, ...], items: int
) -> tuple[tuple[float, tuple[Operation, ...]], ...]:
    """Return the arrivals a second of each peak, and the requests of each."""
    operations = Operations(spec, items)
    return tuple((p.rate, tuple(operations.of(request) for request in p.requests)) for p in peaks)


def scaled(requests: float) -> tuple[CapacityPlan, Result]:
    """Plan the shop for a rate of requests, a process for each unit, and simulate the plan."""
    spec = shop()
    assert spec.slo is not None
    factor = requests / sum(p.rate * len(p.requests) for p in spec.slo.peaks)
    peaks = tuple(replace(p, rate=p.rate * factor) for p in spec.slo.peaks)
    scaled = replace(
        spec,
        slo=replace(spec.slo, peaks=peaks),
        event_hub=replace(spec.event_hub, partitions=None),
    )
    processes = {unit: (unit,) for unit in all_units(spec)}
    found = plan(scaled, processes)
    assert found is not None
    setup = Setup(costs=COSTS, units=processes, copies=at_peak(found), cores=None)
    seconds = min(_SECONDS, 20_000 / requests)
    return found, Simulation(setup).run(load_of(scaled, peaks, found.items), seconds)


def at_peak(found: CapacityPlan) -> Mapping[str, int]:
    """Return the copies of each process that the plan has at the peak."""
    return {size.name: size.at_peak for size in found.sizes}


def rows() -> list[Row]:
    """Compare and simulate; take a minute."""
    found = []
    for each in comparisons():
        shown = f"{each.what}: predicted {each.predicted:.3g} {each.unit}, error"
        row = Row(shown, abs(each.error), "%", GOAL, None, "")
        found.append(row)
    for requests in LARGE:
        planned, result = scaled(requests)
        copies = sum(size.at_peak for size in planned.sizes)
        latency = 1000 * quantile(result.answered, 0.99)
        what = f"{requests:,} requests/s on {copies} copies, simulated p99"
        found.append(Row(what, latency, "ms", planned.objectives.p99, None, ""))
    return found
