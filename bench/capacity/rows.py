"""The group `capacity` of `make bench`: predictions beside what was measured.

Nothing is measured here: `figures` has what other groups have measured. The model is calibrated
with some of them; the simulation is asked for the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.capacity.calibration import orders, shop
from bench.capacity.figures import AT_50, CORES, DRIVER, FIGURES, HELD, TWO_COPIES
from bench.capacity.simulation import Result, Setup, Simulation, quantile
from bench.report import Row
from meshgen.capacity import CapacityPlan, plan
from meshgen.capacity.costs import COSTS
from meshgen.capacity.operations import Operation, Operations
from meshgen.spec.model import Peak, Spec

GOAL = 25.0
"""Percent that a prediction may be away from what was measured."""

_SECONDS = 20.0
_STEP = 1.05
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
    """Simulate the shop as it was measured: a process for each unit, two cores for all."""
    spec = shop()
    given = (FIGURES.slow, FIGURES.fast)
    return [
        *(
            Comparison(
                f"an order at {each.rate:.0f}/s (calibrated with it)",
                _order(spec, each.rate, 1),
                each.total,
                "ms",
            )
            for each in given
        ),
        Comparison("an order at 50/s", _order(spec, 50.0, 1), AT_50, "ms"),
        Comparison("an order at 10/s, two copies", _order(spec, 10.0, 2), TWO_COPIES, "ms"),
        Comparison("orders a second held", _held(spec), HELD, "/s"),
    ]


def _each_alone(spec: Spec) -> dict[str, tuple[str, ...]]:
    units = (*spec.services, *spec.views, *spec.bffs)
    return {unit.name: (unit.name,) for unit in units}


def _measured_setup(spec: Spec, copies: int) -> Setup:
    units = _each_alone(spec)
    return Setup(
        costs=COSTS,
        units=units,
        copies={**dict.fromkeys(units, copies), GATEWAY: 1},
        cores=CORES,
        driver=DRIVER,
    )


def _run(spec: Spec, rate: float, copies: int) -> Result:
    setup = _measured_setup(spec, copies)
    return Simulation(setup).run(load_of(spec, orders(rate), items=1), _SECONDS)


def load_of(
    spec: Spec, peaks: tuple[Peak, ...], items: int
) -> tuple[tuple[float, tuple[Operation, ...]], ...]:
    operations = Operations(spec, items)
    return tuple((p.rate, tuple(operations.of(request) for request in p.requests)) for p in peaks)


def _order(spec: Spec, rate: float, copies: int) -> float:
    """Return the milliseconds of processor time of an order, while all of them are shipped."""
    return 1000 * _run(spec, rate, copies).cpu / rate


def _held(spec: Spec) -> float:
    """Return the highest rate, in steps, at which 99 % are shipped within a second."""
    rate = good = 40.0
    while rate < 200:
        if _run(spec, rate, 1).within(1.0) < 0.99 * (1 - 1.0 / _SECONDS):
            break
        good, rate = rate, rate * _STEP
    return good


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
    processes = _each_alone(spec)
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
