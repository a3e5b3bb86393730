"""Services and what is in them, as written."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.spec.diagnostics import Position
from meshgen.spec.model import Objectives
from meshgen.spec.syntax.reads import QuerySyntax
from meshgen.spec.syntax.values import (
    Assignments,
    FieldSyntax,
    FormerPathSyntax,
    PathSyntax,
    RoleSyntax,
    Word,
)
from meshgen.spec.yaml.tree import Scalar


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
    """A command; `mode` is None if none of creates, emits and upserts could be read.

    The fields `from_caller` are filled with the id of the caller.
    """

    name: Word
    mode: str | None
    input: tuple[FieldSyntax, ...]
    from_caller: tuple[Word, ...]
    requires: Assignments
    calls: Assignments
    emits: tuple[EmissionSyntax, ...]
    roles: tuple[RoleSyntax, ...] | None
    path: PathSyntax | None
    method: Word | None
    deprecated: tuple[FormerPathSyntax, ...]
    slo: Objectives | None
    summary: str | None
    renamed_from: Word | None


@dataclass(frozen=True, slots=True)
class ReadSyntax:
    """Who may read an aggregate by its id, and what of it; with `read: none` there are no roles."""

    roles: tuple[RoleSyntax, ...]
    fields: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateSyntax:
    """An aggregate with its state, events and commands."""

    name: Word
    id: Word | None
    owner: Word | None
    read: ReadSyntax | None
    path: PathSyntax | None
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
class RouteSyntax:
    """The first segment of paths of the owner's own routers: `/invoices: {roles: public}`."""

    path: Word
    public: bool = False


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
    routes: tuple[RouteSyntax, ...]
    slo: Objectives | None
    renamed_from: Word | None
