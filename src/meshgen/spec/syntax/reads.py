"""Queries, projections and streams, as written."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.spec.diagnostics import Position
from meshgen.spec.model import Objectives
from meshgen.spec.syntax.values import (
    Assignments,
    FieldSyntax,
    FormerPathSyntax,
    PathSyntax,
    RoleSyntax,
    Word,
)
from meshgen.spec.yaml.tree import Scalar


@dataclass(frozen=True, slots=True)
class SortSyntax:
    """A sort key: `name`, or `placed_at desc`."""

    field: Word
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySyntax:
    """A query of a service or a projection; `public` is the word in `roles: public`."""

    name: Word
    of: Word | None
    by: tuple[Word, ...]
    filter: tuple[Word, ...]
    sort: tuple[SortSyntax, ...]
    page: int | None
    owner: Word | None
    roles: tuple[RoleSyntax, ...] | None
    path: PathSyntax | None = None
    deprecated: tuple[FormerPathSyntax, ...] = ()
    public: Word | None = None
    live: bool = False
    renamed_from: Word | None = None


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
