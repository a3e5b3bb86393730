"""The size of a process: how many copies, and what each requests.

A copy has one thread of Python, so a core is all that it can use.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from meshgen.capacity.costs import COSTS
from meshgen.capacity.model import Size, Step
from meshgen.capacity.traffic import Load
from meshgen.spec.model import Fixed, Objectives

COPY_AVAILABILITY = 0.995
"""The share of time that a copy is there: the rest are rollouts and failures of nodes."""

HEADROOM = 2
"""Autoscaling may go to the copies of so many times the peak."""

RUNNING = 32
"""Requests that a unit works on at the same time (`MAX_RUNNING`)."""

_LEAST_USABLE = 50.0
_MEMORY, _MEMORY_OF_UNIT, _GATEWAY_MEMORY = 184, 8, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process: its units, and what limits the number of its copies.

    `most` is 1 if it has files, the number of partitions if it handles messages, else None.
    """

    name: str
    units: tuple[str, ...]
    most: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Processor milliseconds in a second: of the work at the peak, and of each idle copy."""

    work: float
    idle: float
    terms: tuple[Step, ...]
    requests: float
    service_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What every process is sized by."""

    utilization: float
    peak_to_average: int
    objectives: Objectives


def unit_demand(loads: dict[str, Load]) -> Demand:
    """Return the demand of a process with these units."""
    kinds = ("commands", "queries", "endpoints", "messages")
    costs = (COSTS.command, COSTS.query, COSTS.endpoint, COSTS.message)
    work, terms, dearest = 0.0, [], 0.0
    for kind, cost in zip(kinds, costs, strict=True):
        rate = sum(getattr(load, kind) for load in loads.values())
        if rate:
            work += rate * cost
            terms.append(_term(f"{kind}", rate, cost))
            dearest = max(dearest, cost) if kind != "messages" else dearest
    requests = sum(load.requests for load in loads.values())
    return Demand(
        work=work,
        idle=COSTS.idle_process + len(loads) * COSTS.idle_unit,
        terms=tuple(terms),
        requests=requests,
        service_ms=dearest,
    )


def gateway_demand(requests: float) -> Demand:
    """Return the demand of the gateway."""
    work = requests * COSTS.request
    terms = (_term("requests", requests, COSTS.request),)
    return Demand(
        work=work, idle=COSTS.idle_gateway, terms=terms, requests=requests, service_ms=COSTS.request
    )


def _term(what: str, rate: float, cost: float) -> Step:
    product = f"{_short(rate)}/s × {_short(cost)} ms"
    return Step(what=what, arithmetic=product, result=f"{_short(rate * cost)} ms/s")


def copies(work: float, idle: float, utilization: float) -> int:
    """Return how many copies do `work` milliseconds in a second, none busier than that."""
    return max(1, math.ceil(work / usable(idle, utilization)))


def usable(idle: float, utilization: float) -> float:
    """Return the milliseconds of a core that a copy has for work in a second.

    A process of very many units has little left: it should be split.
    """
    return max(_LEAST_USABLE, 1000 * utilization - idle)


def busy_bound(demand: Demand, bounds: Bounds) -> tuple[float, Step | None]:
    """Return how busy a copy may be: less if its requests would wait too long for their turn.

    A queue with random arrivals (M/M/1): 99 % are answered within S × ln 100 / (1 - utilization).
    """
    p99 = bounds.objectives.p99
    if not p99 or not demand.service_ms:
        return bounds.utilization, None
    latest = 1 - demand.service_ms * math.log(100) / p99
    found = max(0.1, min(bounds.utilization, latest))
    arithmetic = f"1 - {_short(demand.service_ms)} ms × ln 100 / {p99} ms"
    return found, Step(
        what="utilization at which p99 is reached", arithmetic=arithmetic, result=f"{latest:.0%}"
    )


def with_spares(needed: int, availability: float) -> tuple[int, float]:
    """Return the copies of which `needed` are there often enough, and how often that is.

    There is always one to spare.
    """
    total = needed + 1
    while (found := _at_least(needed, total)) < availability / 100:
        total += 1
    return total, found


def _at_least(needed: int, total: int) -> float:
    """Return the probability that `needed` of `total` copies are there (binomial)."""
    return sum(math.exp(_log_probability(total, gone)) for gone in range(total - needed + 1))


def _log_probability(total: int, gone: int) -> float:
    """Return the logarithm of it for exactly so many that are gone: factors may be huge."""
    there = total - gone
    ways = math.lgamma(total + 1) - math.lgamma(gone + 1) - math.lgamma(there + 1)
    return ways + there * math.log(COPY_AVAILABILITY) + gone * math.log(1 - COPY_AVAILABILITY)


def size(process: Process, demand: Demand, bounds: Bounds, fixed: Fixed) -> Size:
    """Return the size of `process`."""
    bound, waits = busy_bound(demand, bounds)
    at_peak = copies(demand.work, demand.idle, bound)
    average = copies(demand.work / bounds.peak_to_average, demand.idle, bound)
    availability = bounds.objectives.availability or 0.0
    least, there = with_spares(average, availability)
    grown = copies(HEADROOM * demand.work, demand.idle, bound)
    most = max(with_spares(grown, availability)[0], least + 1)
    if process.most is not None:
        least, most = min(least, process.most), min(most, process.most)
    least = fixed.replicas_min or min(least, fixed.replicas_max or least)
    most = max(fixed.replicas_max or most, least)
    cpu = fixed.cpu or _request(demand, min(at_peak, most), bound)
    memory = fixed.memory or _memory(process)
    left = f"({bound:.0%} of 1,000 ms - {_short(demand.idle)} ms idle)"
    if usable(demand.idle, bound) == _LEAST_USABLE:
        left = f"{_LEAST_USABLE:g} ms: its units are too many for one process"
    work = f"{_short(demand.work)} ms/s"
    response = demand.service_ms / (1 - bound)
    in_flight = demand.requests / min(at_peak, most) * response / 1000
    steps = [
        *demand.terms,
        *([waits] if waits else []),
        Step(
            what="copies at the peak",
            arithmetic=f"{work} / {left}, rounded up",
            result=f"{at_peak}",
        ),
        Step(
            what="copies on average",
            arithmetic=f"{work} / {bounds.peak_to_average} / {left}, rounded up",
            result=f"{average}",
        ),
        Step(
            what="minimum",
            arithmetic=(
                f"at least {average} of {average + 1} or more copies are there {there:.4%} of the "
                f"time, if each is {COPY_AVAILABILITY:.1%}; {availability:g}% is asked for"
            ),
            result=_result(least, fixed.replicas_min),
        ),
        Step(
            what="maximum",
            arithmetic=f"{grown} at {HEADROOM} × the peak, and those to spare; above the minimum"
            + (f"; at most {process.most}" if process.most else ""),
            result=_result(most, fixed.replicas_max),
        ),
        Step(
            what="processor that a copy requests",
            arithmetic=(
                f"({work} / {min(at_peak, most)} + {_short(demand.idle)} ms) / {bound:.0%}, "
                "rounded up to 10m; 50m or more"
            ),
            result=_result(f"{cpu}m", fixed.cpu),
        ),
        Step(
            what="memory that a copy requests",
            arithmetic=(
                f"{_MEMORY} MiB + {_MEMORY_OF_UNIT} MiB × {len(process.units)} units"
                if process.units
                else "the gateway"
            ),
            result=_result(f"{memory} MiB", fixed.memory),
        ),
        Step(
            what="requests in flight in a copy (Little's law)",
            arithmetic=(
                f"{_short(demand.requests)}/s / {min(at_peak, most)} × "
                f"{_short(demand.service_ms)} ms / (1 - {bound:.0%})"
            ),
            result=f"{in_flight:.2g}" + (f"; each unit takes {RUNNING}" if process.units else ""),
        ),
    ]
    if process.most is not None and at_peak > process.most:
        steps.append(_too_many(at_peak, process.most))
    return Size(
        name=process.name,
        replicas_min=least,
        replicas_max=most,
        at_peak=min(at_peak, most),
        cpu=cpu,
        memory=memory,
        work=(demand.work + demand.idle * min(at_peak, most)) / 1000,
        steps=tuple(steps),
    )


def _too_many(at_peak: int, most: int) -> Step:
    """Return the line that says what to do if the peak needs more copies than there can be."""
    if most == 1:
        return Step(
            what="not enough",
            arithmetic=f"{at_peak} copies are needed, but a store in files has one",
            result="use a database server as store, or split the process",
        )
    return Step(
        what="not enough",
        arithmetic=f"{at_peak} copies are needed, but only {most} have a partition",
        result="more partitions of the event hub, or smaller processes",
    )


def _request(demand: Demand, at_peak: int, bound: float) -> int:
    busy = (demand.work / at_peak + demand.idle) / bound
    return min(1000, max(50, 10 * math.ceil(busy / 10)))


def _memory(process: Process) -> int:
    """Return the MiB of a copy: the libraries, and some for each unit."""
    if not process.units:
        return _GATEWAY_MEMORY
    return _MEMORY + _MEMORY_OF_UNIT * len(process.units)


def _result(value: int | str, fixed: int | None) -> str:
    return f"{value}, fixed by the spec" if fixed else f"{value}"


def _short(value: float) -> str:
    """`1234.5` -> `1,234`, `0.594` -> `0.594`."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
