"""From what orders cost at two rates to what each operation costs.

The processor time of a second is linear in the rate, as long as batches are small: what processes
do when they are idle, and what each order adds. Two measured rates give both; what is known of an
order is taken off, and the rest belongs to the messages that it leads to, which the model counts.

`python -m bench.capacity` prints the costs, which are kept in `meshgen.capacity.costs`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.capacity.figures import Figures, Pair, Run
from meshgen.capacity.costs import COSTS, Costs
from meshgen.capacity.traffic import Traffic, traffic
from meshgen.spec.check import read_spec
from meshgen.spec.model import Peak, Spec

SHOP = Path(__file__).parents[2] / "specs" / "shop.yaml"
ITEMS = 1
"""An order of the load test has one line."""


def shop() -> Spec:
    """Return the spec of the measured shop."""
    return read_spec(SHOP)


def all_units(spec: Spec) -> tuple[str, ...]:
    """Return the names of all units."""
    return tuple(unit.name for unit in (*spec.services, *spec.views, *spec.bffs))


def peaks_of(spec: Spec, run: Run) -> tuple[Peak, ...]:
    """Return what happened in a run."""
    assert spec.slo is not None
    scales = {peak: run.scale.get(peak.name, run.scale.get(None, 0.0)) for peak in spec.slo.peaks}
    return tuple(replace(peak, rate=peak.rate * by) for peak, by in scales.items() if by)


def an_order(spec: Spec, pair: Pair) -> Traffic:
    """Return what one arrival of a pair leads to."""
    (peak,) = peaks_of(spec, pair.slow)
    return traffic(spec, (replace(peak, rate=1.0),), ITEMS)


@dataclass(frozen=True, slots=True)
class _Line:
    """Milliseconds a second: `idle`, and `each` for an order."""

    idle: float
    each: float


def _line(spec: Spec, pair: Pair, part: Callable[[Run], float]) -> _Line:
    """Return the line through a part of two runs."""
    low, high = (sum(peak.rate for peak in peaks_of(spec, run)) for run in (pair.slow, pair.fast))
    each = (part(pair.fast) - part(pair.slow)) / (high - low)
    return _Line(idle=part(pair.slow) - low * each, each=each)


def calibrated(figures: Figures, spec: Spec) -> Costs:
    """Return the costs that explain `figures`, rounded to three digits."""
    order, number = an_order(spec, figures.together), len(all_units(spec))
    together = _line(spec, figures.together, lambda run: run.units)
    alone = _line(spec, figures.alone, lambda run: run.units).idle / number
    gateway = _line(spec, figures.together, lambda run: run.gateway)
    hub = _line(spec, figures.together, lambda run: run.hub)
    idle_unit = (together.idle - alone) / (number - 1)
    loads = order.units.values()
    known = sum(load.commands for load in loads) * figures.command
    known += sum(load.queries for load in loads) * figures.query
    return replace(
        COSTS,
        command=figures.command,
        query=figures.query,
        endpoint=figures.endpoint,
        message=_rounded((together.each - known) / order.handled),
        batched=figures.batched,
        request=_rounded(gateway.each / order.gateway),
        hub=_rounded(hub.each / order.published),
        idle_process=_rounded(alone - idle_unit),
        idle_unit=_rounded(idle_unit),
        idle_hub=_rounded(hub.idle / number),
        idle_gateway=_rounded(gateway.idle),
    )


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
