"""Work: the processor time of something that happens, and of all that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from meshgen.capacity.costs import COSTS
from meshgen.capacity.sizing import gateway_demand, unit_demand
from meshgen.capacity.traffic import traffic
from meshgen.spec.model import Peak, Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Milliseconds of processor time, by where they are spent."""

    units: float
    gateway: float
    hub: float


def work_of(spec: Spec, peak: Peak, items: int) -> Work:
    """Return the work of one time that `peak` happens.

    Args:
        spec: The spec.
        peak: What happens.
        items: The number of items of a list that an `each` goes through.
    """
    flow = traffic(spec, (replace(peak, rate=1.0),), items)
    return Work(
        units=unit_demand(dict(flow.units)).work,
        gateway=gateway_demand(flow.gateway).work,
        hub=flow.published * COSTS.hub,
    )
