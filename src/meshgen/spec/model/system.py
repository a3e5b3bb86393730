"""The whole domain, and what is there once: the hub, the gateway, processes, scenarios."""

from __future__ import annotations

from dataclasses import dataclass, field

from meshgen.spec.declarations import Enum, ValueObject
from meshgen.spec.diagnostics import NOWHERE, Position
from meshgen.spec.model.objectives import Capacity, Slo
from meshgen.spec.model.reads import Bff, Projection, Stream
from meshgen.spec.model.services import Service
from meshgen.spec.model.values import Assignment, Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class EventHub:
    """The broker. `retention` in seconds; `partitions` is None if the spec is silent."""

    engine: str
    partitions: int | None
    retention: int
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A token bucket for every caller: `rate` requests a second, `burst` at once.

    `per_address`: requests a second from one address, if the spec says so.
    """

    rate: int
    burst: int
    per_address: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The one way in. `timeout` in milliseconds; `cors` are allowed origins."""

    issuer: str
    audience: str
    roles_claim: str
    token_type: str
    rate_limit: RateLimit | None
    timeout: int
    cors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """Units that run together in one process."""

    name: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """A scenario step: `who` sends a command; `values` include the aggregate's id.

    `keep`: the name under which the aggregate's id is known to later steps.
    """

    who: str
    role: str
    command: Ref
    values: tuple[Assignment, ...]
    keep: str | None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class See:
    """A scenario step: `who` reads a query until a row has all `values`."""

    who: str
    role: str
    query: Ref
    arguments: tuple[Assignment, ...]
    values: tuple[Assignment, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """An example of the system at work, told through the gateway."""

    name: str
    steps: tuple[Do | See, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """The whole domain. `roles` are all that are declared, or named by commands and queries."""

    name: str
    summary: str
    roles: tuple[str, ...]
    types: tuple[Enum | ValueObject, ...]
    event_hub: EventHub
    services: tuple[Service, ...]
    projections: tuple[Projection, ...]
    streams: tuple[Stream, ...]
    gateway: Gateway
    bffs: tuple[Bff, ...]
    processes: tuple[Process, ...]
    scenarios: tuple[Scenario, ...]
    slo: Slo | None = None
    capacity: Capacity = field(default_factory=Capacity)

    @property
    def views(self) -> tuple[Projection | Stream, ...]:
        """The units whose rows are computed from events."""
        return (*self.projections, *self.streams)

    def section(self, unit: str) -> str:
        """The section with the unit that has an event: "services" or "streams"."""
        return "streams" if any(stream.name == unit for stream in self.streams) else "services"
