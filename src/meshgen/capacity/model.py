"""The capacity of a system: what is derived, and the arithmetic behind it."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.capacity.traffic import Traffic
from meshgen.spec.model import Objectives, Peak


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A line of arithmetic: `what` is `arithmetic`, which gives `result`."""

    what: str
    arithmetic: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many copies of a process run, and what each requests.

    Attributes:
        name: The process, a unit, or `gateway`.
        replicas_min: The minimum of autoscaling.
        replicas_max: The maximum of autoscaling.
        at_peak: The copies that the peak needs.
        cpu: Millicores that a copy requests; its limit is a core, as it has one thread.
        memory: MiB that a copy requests; its limit is twice as much.
        work: Processor seconds per second, of all copies, at the peak.
        steps: The arithmetic.
    """

    name: str
    replicas_min: int
    replicas_max: int
    at_peak: int
    cpu: int
    memory: int
    work: float
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerUse:
    """The use of the server of an engine.

    Attributes:
        per_second: Commits or messages a second at the peak.
        bound: What one server can do, with the utilization that is allowed.
        times: The multiple of the peak at which one server is no longer enough.
        connections: Connections of all copies at their maximum.
        more: What to do then.
    """

    engine: str
    what: str
    per_second: float
    bound: float
    times: float
    connections: int
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """A rule on the error budget: alert if the burn rate of both windows is above `factor`.

    `budget` is the share of the budget that is spent when the long window is full.
    """

    severity: str
    factor: float
    long: str
    short: str
    budget: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """What a load test must hold: the objectives of a unit, or of one of its commands."""

    unit: str
    command: str | None
    objectives: Objectives


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A derived rate limit: requests a second of a caller, at once, and the number of callers."""

    rate: int
    burst: int
    callers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityPlan:
    """Everything that is derived from the SLO of a spec."""

    objectives: Objectives
    users: int | None
    peaks: tuple[Peak, ...]
    items: int
    peak_to_average: int
    utilization: float
    traffic: Traffic
    partitions: int
    partition_steps: tuple[Step, ...]
    sizes: tuple[Size, ...]
    servers: tuple[ServerUse, ...]
    disk: tuple[Step, ...]
    rate_limit: RateLimit | None
    rate_limit_steps: tuple[Step, ...]
    cpu_per_million: float
    cost_steps: tuple[Step, ...]
    budget_minutes: float
    burns: tuple[Burn, ...]
    thresholds: tuple[Threshold, ...]
