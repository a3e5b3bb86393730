"""The syntax of a spec before names are resolved: shapes are checked, names and types are text.

`parser` creates these nodes from the YAML tree, and `analysis` creates the model from them. Short
forms are normalized. What could not be read is missing or empty, and has a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from meshgen.spec.diagnostics import Position
from meshgen.spec.model import Capacity, EventHub, Gateway, Objectives
from meshgen.spec.yaml.tree import Node, Scalar


@dataclass(frozen=True, slots=True)
class Word:
    """A name, its position, and the number of characters before it in its scalar (`lead`)."""

    text: str
    at: Position
    lead: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSyntax:
    """`name: type` or `name: {type: ..., min: ...}`; `type` is None if unreadable."""

    name: Word
    type: Scalar | None
    limits: Mapping[str, Scalar] = field(default_factory=dict)
    default: Node | None = None
    renamed_from: Word | None = None


@dataclass(frozen=True, slots=True)
class MemberSyntax:
    """A member of an enum: `shipped`, or `{name: sent, renamed_from: shipped}`."""

    name: Word
    renamed_from: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeSyntax:
    """An enum (`members`) or a value object (`fields`); neither if unreadable."""

    name: Word
    members: tuple[MemberSyntax, ...] | None = None
    fields: tuple[FieldSyntax, ...] | None = None
    renamed_from: Word | None = None


@dataclass(frozen=True, slots=True)
class AssignmentSyntax:
    """`target: expression`; the value is None if unreadable."""

    target: Word
    value: Scalar | None


Assignments = tuple[AssignmentSyntax, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSyntax:
    """An event: `OrderPlaced: {total: decimal, sets: {status: placed}}`."""

    name: Word
    fields: tuple[FieldSyntax, ...]
    sets: Assignments
    summary: str | None
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmissionSyntax:
    """An entry of `creates`, `emits` or `upserts`."""

    event: Word
    when: Scalar | None = None
    fill: Assignments = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSyntax:
    """A command; `mode` is None if none of creates, emits and upserts could be read."""

    name: Word
    mode: str | None
    input: tuple[FieldSyntax, ...]
    requires: Assignments
    calls: Assignments
    emits: tuple[EmissionSyntax, ...]
    roles: tuple[Word, ...] | None
    slo: Objectives | None
    summary: str | None
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateSyntax:
    """An aggregate with its state, events and commands."""

    name: Word
    id: Word | None
    owner: Word | None
    event_sourced: bool
    state: tuple[FieldSyntax, ...]
    events: tuple[EventSyntax, ...]
    commands: tuple[CommandSyntax, ...]
    summary: str | None
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaSyntax:
    """A replica: `{of: catalog.Book, fields: [price]}`."""

    name: Word
    of: Word | None
    fields: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSyntax:
    """An operation of a port."""

    name: Word
    input: tuple[FieldSyntax, ...]
    returns: tuple[FieldSyntax, ...]
    simulated: Assignments


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSyntax:
    """A port with its operations."""

    name: Word
    operations: tuple[OperationSyntax, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchSyntax:
    """A command that is sent, and the values of its fields."""

    command: Word
    with_: Assignments = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySyntax:
    """A policy: `{on: event, do: command}`."""

    on: Word | None
    each: Scalar | None
    do: DispatchSyntax | None
    after: int | None
    start: Word | None
    at: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSyntax:
    """A step of a saga; `done` and `failed` are None if they are not given."""

    each: Scalar | None
    do: DispatchSyntax | None
    done: tuple[Word, ...] | None
    failed: tuple[Word, ...] | None
    undo: DispatchSyntax | None
    at: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaSyntax:
    """A saga with its steps."""

    name: Word
    of: Word | None
    starts_on: Word | None
    start: Word | None
    deadline: int | None
    steps: tuple[StepSyntax, ...]
    on_failure: DispatchSyntax | None
    renamed_from: Word | None


@dataclass(frozen=True, slots=True)
class SortSyntax:
    """A sort key: `name`, or `placed_at desc`."""

    field: Word
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySyntax:
    """A query of a service or a projection."""

    name: Word
    of: Word | None
    by: tuple[Word, ...]
    filter: tuple[Word, ...]
    sort: tuple[SortSyntax, ...]
    page: int | None
    owner: Word | None
    roles: tuple[Word, ...] | None
    renamed_from: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSyntax:
    """A service."""

    name: Word
    summary: str | None
    engine: Word | None
    aggregates: tuple[AggregateSyntax, ...]
    replicas: tuple[ReplicaSyntax, ...]
    ports: tuple[PortSyntax, ...]
    policies: tuple[PolicySyntax, ...]
    sagas: tuple[SagaSyntax, ...]
    queries: tuple[QuerySyntax, ...]
    slo: Objectives | None
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionSyntax:
    """The reaction of a projection to an event; `mode` is None if it could not be read."""

    event: Word
    mode: str | None
    sets: Assignments


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionSyntax:
    """A projection."""

    name: Word
    id: Word | None
    summary: str | None
    engine: Word | None
    partition: tuple[Word, ...]
    cluster: tuple[SortSyntax, ...]
    row: tuple[FieldSyntax, ...]
    reactions: tuple[ReactionSyntax, ...]
    queries: tuple[QuerySyntax, ...]
    slo: Objectives | None
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSyntax:
    """`{hopping: 1h, every: 5m}` in seconds; `kind` is None if there is not exactly one."""

    kind: Word | None
    size: int | None
    every: int | None
    every_at: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEventSyntax:
    """An event of a stream: `ManyOrders: orders >= 5`; `when` is None if it is unreadable."""

    name: Word
    when: Scalar | None
    summary: str | None = None
    renamed_from: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSyntax:
    """A stream."""

    name: Word
    summary: str | None
    engine: Word | None
    job: Word | None
    on: tuple[Word, ...]
    each: Scalar | None
    by: Assignments
    time: Word | None
    window: WindowSyntax
    watermark: int | None
    aggregates: Assignments
    emits: tuple[StreamEventSyntax, ...]
    queries: tuple[QuerySyntax, ...]
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentSyntax:
    """`name=value` of a part; `is_name`: `caller`, a path parameter or a member of an enum."""

    name: Word
    value: str | int | bool
    is_name: bool
    at: Position
    lead: int = 0


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
    """An endpoint of a BFF, with its parts."""

    path: Word
    parameters: tuple[Word, ...]
    parts: tuple[PartSyntax, ...]


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
