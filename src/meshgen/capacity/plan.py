"""The capacity plan of a spec: from its SLO to partitions, copies, limits, servers and disk."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import chain

from meshgen.capacity.costs import COSTS, HUBS, STORES
from meshgen.capacity.model import CapacityPlan, RateLimit, ServerUse, Size, Step
from meshgen.capacity.objectives import BURNS, budget_minutes, system_objectives, thresholds
from meshgen.capacity.sizing import Bounds, Process, gateway_demand, size, unit_demand
from meshgen.capacity.traffic import Traffic, traffic
from meshgen.spec.model import Fixed, Objectives, Slo, Spec

DEFAULT_PARTITIONS = 4
GATEWAY = "gateway"
BUCKETS = 10_000
"""Callers whose token buckets the gateway keeps."""

REPLICATION = 3
"""Copies of a message in a cluster of event hubs."""

_SPREAD = (4, 8, 12, 24, 48, 96, 192, 256)
"""Numbers of partitions that many numbers of copies share evenly."""
_GROWTH = 2
_FREE = 10  # requests a second that any caller may send
_BURSTS = 20  # times the average of a caller
_DAY = 86_400


def plan(spec: Spec, processes: Mapping[str, tuple[str, ...]]) -> CapacityPlan | None:
    """Return the capacity plan of `spec`, or None if it has no SLO.

    Args:
        spec: The spec.
        processes: The units of each process.
    """
    if spec.slo is None:
        return None
    assumed = spec.capacity
    flow = traffic(spec, spec.slo.peaks, assumed.items)
    objectives = system_objectives(spec)
    partitions, partition_steps = _partitions(spec, flow, processes)
    sizes = _sizes(spec, flow, processes, partitions)
    cost_steps, cpu_per_million = _cost(flow, sizes)
    limit, limit_steps = _rate_limit(spec.slo, flow.gateway)
    return CapacityPlan(
        objectives=objectives,
        users=spec.slo.users,
        peaks=spec.slo.peaks,
        items=assumed.items,
        peak_to_average=assumed.peak_to_average,
        utilization=assumed.utilization,
        traffic=flow,
        partitions=partitions,
        partition_steps=partition_steps,
        sizes=sizes,
        servers=_servers(spec, flow, processes, sizes),
        disk=_disk(spec, flow),
        rate_limit=limit,
        rate_limit_steps=limit_steps,
        cpu_per_million=cpu_per_million,
        cost_steps=cost_steps,
        budget_minutes=budget_minutes(objectives.availability or 0.0),
        burns=BURNS,
        thresholds=thresholds(spec),
    )


def _bounds(spec: Spec, units: tuple[str, ...]) -> Bounds:
    """Return the strictest objectives of the units of a process."""
    found = [t.objectives for t in thresholds(spec) if t.unit in units]
    strictest = (system_objectives(spec), *found)
    return Bounds(
        utilization=spec.capacity.utilization,
        peak_to_average=spec.capacity.peak_to_average,
        objectives=Objectives(
            availability=max(each.availability or 0.0 for each in strictest),
            p95=min((each.p95 for each in strictest if each.p95), default=None),
            p99=min((each.p99 for each in strictest if each.p99), default=None),
        ),
    )


def _partitions(
    spec: Spec, flow: Traffic, processes: Mapping[str, tuple[str, ...]]
) -> tuple[int, tuple[Step, ...]]:
    """Return the partitions of a topic: enough for the copies of every consumer."""
    consumers = {
        name: units
        for name, units in processes.items()
        if any(flow.units[unit].messages for unit in units)
    }
    needed, busiest = 1, ""
    for name, units in consumers.items():
        process = Process(name=name, units=units, most=None)
        demand = unit_demand({unit: flow.units[unit] for unit in units})
        fixed = spec.capacity.processes.get(name, Fixed())
        found = size(process, demand, _bounds(spec, units), fixed).replicas_max
        if found >= needed:
            needed, busiest = found, name
    grown = _GROWTH * needed
    derived = next((number for number in _SPREAD if number >= grown), _SPREAD[-1])
    steps = [
        Step(
            what="partitions",
            arithmetic=f"{_GROWTH} × {needed} copies of {busiest or 'a consumer'} at most, "
            f"rounded up to one of {', '.join(map(str, _SPREAD))}",
            result=f"{derived}",
        )
    ]
    if spec.event_hub.partitions is not None:
        steps.append(
            Step(
                what="partitions of the spec",
                arithmetic="event_hub.partitions",
                result=f"{spec.event_hub.partitions}",
            )
        )
    return spec.event_hub.partitions or derived, tuple(steps)


def _sizes(
    spec: Spec, flow: Traffic, processes: Mapping[str, tuple[str, ...]], partitions: int
) -> tuple[Size, ...]:
    engines = {unit.name: unit.store.engine for unit in (*spec.services, *spec.views)}
    fixed = spec.capacity.processes
    found = [
        size(
            Process(name=GATEWAY, units=(), most=None),
            gateway_demand(flow.gateway),
            _bounds(spec, ()),
            fixed.get(GATEWAY, Fixed()),
        )
    ]
    for name, units in processes.items():
        stores = {engines[unit] for unit in units if unit in engines}
        most = 1 if "sqlite" in stores else partitions if stores else None
        demand = unit_demand({unit: flow.units[unit] for unit in units})
        process = Process(name=name, units=units, most=most)
        found.append(size(process, demand, _bounds(spec, units), fixed.get(name, Fixed())))
    return tuple(found)


def _servers(
    spec: Spec,
    flow: Traffic,
    processes: Mapping[str, tuple[str, ...]],
    sizes: tuple[Size, ...],
) -> tuple[ServerUse, ...]:
    most = {each.name: each.replicas_max for each in sizes}
    copies = {unit: most[name] for name, units in processes.items() for unit in units}
    bound = spec.capacity.utilization
    hub = HUBS[spec.event_hub.engine]
    users: dict[str, list[str]] = {}
    for unit in (*spec.services, *spec.views):
        users.setdefault(unit.store.engine, []).append(unit.name)
    found = [
        ServerUse(
            engine=spec.event_hub.engine,
            what="messages published",
            per_second=flow.published,
            bound=hub.per_second * bound,
            times=_times(hub.per_second * bound, flow.published),
            connections=0,
            more=hub.more,
        )
    ]
    for engine, units in users.items():
        store = STORES[engine]
        commits = sum(flow.units[unit].commits for unit in units)
        found.append(
            ServerUse(
                engine=engine,
                what=f"commits of {', '.join(units)}",
                per_second=commits,
                bound=store.per_second * bound,
                times=_times(store.per_second * bound, commits),
                connections=sum(copies[unit] for unit in units) * store.connections,
                more=store.more,
            )
        )
    return tuple(found)


def _times(bound: float, rate: float) -> float:
    return bound / rate if rate else math.inf


def _disk(spec: Spec, flow: Traffic) -> tuple[Step, ...]:
    """Return what is written in a day at the average rate, and what is kept."""
    ratio = spec.capacity.peak_to_average
    messages = flow.published / ratio * _DAY * COSTS.message_bytes
    commits = sum(load.commits for load in flow.units.values())
    stored = commits / ratio * _DAY * COSTS.stored_bytes
    days = spec.event_hub.retention / _DAY
    return (
        Step(
            what="event hub, a day",
            arithmetic=f"{flow.published:,.1f}/s / {ratio} × 86,400 s × {COSTS.message_bytes} B",
            result=_bytes(messages),
        ),
        Step(
            what="event hub, kept",
            arithmetic=f"{_bytes(messages)} × {days:g} days × {REPLICATION} copies in a cluster",
            result=_bytes(messages * days * REPLICATION),
        ),
        Step(
            what="stores, a day",
            arithmetic=f"{commits:,.1f} commits/s / {ratio} × 86,400 s × {COSTS.stored_bytes} B",
            result=_bytes(stored),
        ),
    )


def _bytes(count: float) -> str:
    for unit, length in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= length:
            return f"{count / length:,.3g} {unit}"
    return f"{count / 1e3:,.3g} kB"


def _rate_limit(slo: Slo, requests: float) -> tuple[RateLimit | None, tuple[Step, ...]]:
    """Return the limit of a caller: many times the average, so that only abuse is refused."""
    if slo.users is None:
        return None, ()
    rate = max(_FREE, math.ceil(_BURSTS * requests / slo.users))
    steps = (
        Step(
            what="requests of a caller",
            arithmetic=f"{_BURSTS} × {requests:,.1f}/s / {slo.users:,} users, rounded up; "
            f"{_FREE}/s or more",
            result=f"{rate}/s, {2 * rate} at once",
        ),
    )
    return RateLimit(rate=rate, burst=2 * rate, callers=max(BUCKETS, 2 * slo.users)), steps


def _cost(flow: Traffic, sizes: tuple[Size, ...]) -> tuple[tuple[Step, ...], float]:
    """Return the processor seconds of a million requests, with the event hub."""
    hub = flow.published * COSTS.hub / 1000 + len(flow.units) * COSTS.idle_hub / 1000
    terms = [(each.name, each.work) for each in sizes] + [("event hub", hub)]
    whole = sum(work for _, work in terms)
    per_million = whole / flow.gateway * 1e6 if flow.gateway else 0.0
    steps = chain(
        (
            Step(what=name, arithmetic="processor seconds per second", result=f"{work:.3g}")
            for name, work in terms
        ),
        (
            Step(
                what="a million requests",
                arithmetic=f"{whole:.3g} s/s / {flow.gateway:,.1f} requests/s × 1,000,000",
                result=f"{per_million:,.0f} CPU seconds",
            ),
        ),
    )
    return tuple(steps), per_million
