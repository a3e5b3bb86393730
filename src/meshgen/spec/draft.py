"""What a spec says before anything is looked up: shapes are right, names and types are only text.

`parse` makes drafts out of the tree, `check` makes the model out of drafts. Short forms are gone:
there is one way to read a thing. What could not be read is left out or empty, and there is a
finding for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from meshgen.errors import Position
from meshgen.spec.model import EventHub, Gateway
from meshgen.spec.tree import Node, Scalar


@dataclass(frozen=True, slots=True)
class Word:
    """A name and where it stands."""

    text: str
    at: Position

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDraft:
    """`name: type` or `name: {type: ..., min: ...}`; `type` is None where it could not be read."""

    name: Word
    type: Scalar | None
    limits: Mapping[str, Scalar] = field(default_factory=dict)
    default: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeDraft:
    """An enum (`members`) or a value object (`fields`); neither where it could not be read."""

    name: Word
    members: tuple[Word, ...] | None = None
    fields: tuple[FieldDraft, ...] | None = None


@dataclass(frozen=True, slots=True)
class AssignmentDraft:
    """`target: expression`; the value is None where it could not be read."""

    target: Word
    value: Scalar | None


Assignments = tuple[AssignmentDraft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    name: Word
    fields: tuple[FieldDraft, ...]
    sets: Assignments
    summary: str | None
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmissionDraft:
    event: Word
    when: Scalar | None = None
    fill: Assignments = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDraft:
    """`mode` is None where none of creates, emits and upserts could be read."""

    name: Word
    mode: str | None
    input: tuple[FieldDraft, ...]
    requires: Assignments
    calls: Assignments
    emits: tuple[EmissionDraft, ...]
    roles: tuple[Word, ...] | None
    summary: str | None
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateDraft:
    name: Word
    id: Word | None
    owner: Word | None
    event_sourced: bool
    state: tuple[FieldDraft, ...]
    events: tuple[EventDraft, ...]
    commands: tuple[CommandDraft, ...]
    summary: str | None
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaDraft:
    name: Word
    of: Word | None
    fields: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDraft:
    name: Word
    input: tuple[FieldDraft, ...]
    returns: tuple[FieldDraft, ...]
    simulated: Assignments


@dataclass(frozen=True, slots=True, kw_only=True)
class PortDraft:
    name: Word
    operations: tuple[OperationDraft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchDraft:
    """A command that is sent, and what fills it."""

    command: Word
    with_: Assignments = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDraft:
    on: Word | None
    each: Scalar | None
    do: DispatchDraft | None
    after: int | None
    at: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDraft:
    """`done` and `failed` are None where they are not given."""

    each: Scalar | None
    do: DispatchDraft | None
    done: tuple[Word, ...] | None
    failed: tuple[Word, ...] | None
    undo: DispatchDraft | None
    at: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaDraft:
    name: Word
    of: Word | None
    starts_on: Word | None
    deadline: int | None
    steps: tuple[StepDraft, ...]
    on_failure: DispatchDraft | None
    renamed_from: Word | None


@dataclass(frozen=True, slots=True)
class SortDraft:
    field: Word
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryDraft:
    name: Word
    of: Word | None
    by: tuple[Word, ...]
    filter: tuple[Word, ...]
    sort: tuple[SortDraft, ...]
    page: int | None
    owner: Word | None
    roles: tuple[Word, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDraft:
    name: Word
    summary: str | None
    engine: Word | None
    aggregates: tuple[AggregateDraft, ...]
    replicas: tuple[ReplicaDraft, ...]
    ports: tuple[PortDraft, ...]
    policies: tuple[PolicyDraft, ...]
    sagas: tuple[SagaDraft, ...]
    queries: tuple[QueryDraft, ...]
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionDraft:
    event: Word
    mode: str | None
    sets: Assignments


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionDraft:
    name: Word
    summary: str | None
    engine: Word | None
    partition: tuple[Word, ...]
    cluster: tuple[SortDraft, ...]
    row: tuple[FieldDraft, ...]
    reactions: tuple[ReactionDraft, ...]
    queries: tuple[QueryDraft, ...]
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentDraft:
    """`name=value` of a part; `is_name`: `caller`, a path parameter or a member of an enum."""

    name: Word
    value: str | int | bool
    is_name: bool
    at: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDraft:
    name: Word
    target: Word
    arguments: tuple[ArgumentDraft, ...]
    optional: bool
    only: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDraft:
    path: Word
    parameters: tuple[Word, ...]
    parts: tuple[PartDraft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BffDraft:
    name: Word
    summary: str | None
    endpoints: tuple[EndpointDraft, ...]
    renamed_from: Word | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessDraft:
    name: Word
    units: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoDraft:
    role: Word
    command: Word
    values: Assignments
    keep: Word | None
    at: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeDraft:
    role: Word
    query: Word
    arguments: Assignments
    values: Assignments
    at: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioDraft:
    name: Word
    steps: tuple[DoDraft | SeeDraft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecDraft:
    """The whole spec; `gateway` and `event_hub` refer to nothing and are final already."""

    name: Word | None
    summary: str | None
    types: tuple[TypeDraft, ...]
    event_hub: EventHub
    services: tuple[ServiceDraft, ...]
    projections: tuple[ProjectionDraft, ...]
    gateway: Gateway | None
    bffs: tuple[BffDraft, ...]
    processes: tuple[ProcessDraft, ...]
    scenarios: tuple[ScenarioDraft, ...]
