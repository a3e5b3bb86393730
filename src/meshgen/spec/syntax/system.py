"""The whole spec, BFFs, processes, scenarios and objectives, as written."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.spec.diagnostics import Position
from meshgen.spec.model import Capacity, EventHub, Gateway, Objectives
from meshgen.spec.syntax.reads import ProjectionSyntax, StreamSyntax
from meshgen.spec.syntax.services import ServiceSyntax
from meshgen.spec.syntax.values import Assignments, TypeSyntax, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentSyntax:
    """`name=value` of a part; `is_name`: `caller`, a path parameter or a member of an enum.

    In `name=part.value`, `of` is the part, and the value a field of it.
    """

    name: Word
    value: str | int | bool
    is_name: bool
    at: Position
    lead: int = 0
    of: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSyntax:
    """A part of an endpoint: `unit.Query(field=value)? only [field]`."""

    name: Word
    target: Word
    arguments: tuple[ArgumentSyntax, ...]
    optional: bool
    only: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSyntax:
    """An endpoint of a BFF, with its parts, or with the command that it sends."""

    method: str
    path: Word
    parameters: tuple[Word, ...]
    parts: tuple[PartSyntax, ...]
    sends: PartSyntax | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BffSyntax:
    """A backend for frontends."""

    name: Word
    summary: str | None
    endpoints: tuple[EndpointSyntax, ...]
    slo: Objectives | None
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSyntax:
    """A process and the units that run in it."""

    name: Word
    units: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoSyntax:
    """A step of a scenario that sends a command."""

    role: Word
    command: Word
    values: Assignments
    keep: Word | None
    at: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeSyntax:
    """A step of a scenario that expects a row."""

    role: Word
    query: Word
    arguments: Assignments
    values: Assignments
    at: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioSyntax:
    """A scenario with its steps."""

    name: Word
    steps: tuple[DoSyntax | SeeSyntax, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSyntax:
    """What happens at the peak, times a second; `role`: whose steps of a scenario count."""

    name: Word
    rate: float
    role: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SloSyntax:
    """The objectives of the system; they refer to nothing and are final already."""

    users: int | None
    objectives: Objectives
    peak: tuple[LoadSyntax, ...]
    at: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacitySyntax:
    """The capacity, and the names of its processes; `at` is None if the section is missing."""

    capacity: Capacity
    processes: tuple[Word, ...]
    at: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecSyntax:
    """The whole spec; `gateway` and `event_hub` refer to nothing and are final already."""

    name: Word | None
    summary: str | None
    roles: tuple[Word, ...] | None
    types: tuple[TypeSyntax, ...]
    event_hub: EventHub
    services: tuple[ServiceSyntax, ...]
    projections: tuple[ProjectionSyntax, ...]
    streams: tuple[StreamSyntax, ...]
    gateway: Gateway | None
    bffs: tuple[BffSyntax, ...]
    processes: tuple[ProcessSyntax, ...]
    slo: SloSyntax | None
    capacity: CapacitySyntax
    scenarios: tuple[ScenarioSyntax, ...]
