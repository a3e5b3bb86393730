"""From what an order costs at two rates to what each operation costs.

The processor time of a second is linear in the rate: what processes do when they are idle, and what
each order adds. Two measured rates give both; what is known of an order is taken off, and the rest
belongs to the messages that it leads to, which the model counts.

`python -m bench.capacity` prints the costs, which are kept in `meshgen.capacity.costs`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bench.capacity.figures import Figures, Together
from meshgen.capacity.costs import COSTS, Costs
from meshgen.capacity.traffic import Traffic, traffic
from meshgen.spec.check import read_spec
from meshgen.spec.model import Peak, Ref, Spec

SHOP = Path(__file__).parents[2] / "specs" / "shop.yaml"
ORDER = (Ref(unit="cart", name="PutItem"), Ref(unit="cart", name="CheckOut"))
"""An order of the load driver: one item, checked out."""


def shop() -> Spec:
    """Return the spec of the measured shop."""
    return read_spec(SHOP)


def orders(rate: float) -> tuple[Peak, ...]:
    """Return so many orders a second."""
    return (Peak(name="an order", rate=rate, requests=ORDER),)


def an_order(spec: Spec) -> Traffic:
    """Return what one order leads to; it has one line."""
    return traffic(spec, orders(1.0), items=1)


@dataclass(frozen=True, slots=True)
class _Line:
    """Milliseconds a second: `idle`, and `each` for an order."""

    idle: float
    each: float


def _line(slow: tuple[float, float], fast: tuple[float, float]) -> _Line:
    """Return the line through two points of rate and milliseconds of an order."""
    (low, cost_low), (high, cost_high) = slow, fast
    each = (high * cost_high - low * cost_low) / (high - low)
    return _Line(idle=low * cost_low - low * each, each=each)


def calibrated(figures: Figures, spec: Spec) -> Costs:
    """Return the costs that explain `figures`, rounded to three digits."""
    slow, fast = figures.slow, figures.fast
    whole = _line((slow.rate, slow.total), (fast.rate, fast.total))
    hub = _line((slow.rate, slow.hub), (fast.rate, fast.hub))
    gateway = _line((slow.rate, slow.gateway), (fast.rate, fast.gateway))
    order, units = an_order(spec), figures.units
    alone = (whole.idle - hub.idle - gateway.idle) / units
    idle_unit = (_intercept(figures.together) - alone) / (figures.together.units - 1)
    commands = sum(load.commands for load in order.units.values())
    of_units = whole.each - hub.each - gateway.each - commands * figures.command
    return replace(
        COSTS,
        command=figures.command,
        query=figures.query,
        endpoint=figures.endpoint,
        message=_rounded(of_units / order.handled),
        request=_rounded(gateway.each / order.gateway),
        hub=_rounded(hub.each / order.published),
        idle_process=_rounded(alone - idle_unit),
        idle_unit=_rounded(idle_unit),
        idle_hub=_rounded(hub.idle / units),
        idle_gateway=_rounded(gateway.idle),
    )


def _intercept(together: Together) -> float:
    """Return the milliseconds a second that do not grow with the rate."""
    (low, slow), (high, fast) = together.slow, together.fast
    return slow - low * (fast - slow) / (high - low)


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
