"""Reads: queries, projections, streams and backends-for-frontends."""

from __future__ import annotations

from dataclasses import dataclass, field

from meshgen.spec.declarations import Field
from meshgen.spec.diagnostics import NOWHERE, Position
from meshgen.spec.expressions import Expression
from meshgen.spec.model.objectives import Objectives
from meshgen.spec.model.values import Assignment, Each, FormerPath, Ref, SortKey, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A read. With `page` it answers a page of rows, without one it answers exactly one row or 404.

    `by` must be given by the caller, `filter` may be. `owner`: that field must be the caller,
    but for the `roles` that are `unrestricted`. `public`: callers need no token. `live`: clients
    may ask for a stream of events, one with the answer after each change. `path` is where it is
    found over HTTP.
    `of` is the aggregate (a service's query) or None (a query of rows).
    """

    name: str
    of: str | None
    by: tuple[str, ...]
    filter: tuple[str, ...]
    sort: tuple[SortKey, ...]
    page: int | None
    owner: str | None
    roles: tuple[str, ...] | None
    unrestricted: tuple[str, ...] = ()
    public: bool = False
    live: bool = False
    path: str = ""
    deprecated: tuple[FormerPath, ...] = ()
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What a projection does on an event. mode: "insert", "upsert", "update" or "delete"."""

    event: Ref
    mode: str
    sets: tuple[Assignment, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """A read model. `id` is the row field by which every event finds its row."""

    name: str
    summary: str | None
    store: Store
    partition: tuple[str, ...]
    cluster: tuple[SortKey, ...]
    id: str
    row: tuple[Field, ...]
    reactions: tuple[Reaction, ...]
    queries: tuple[Query, ...]
    slo: Objectives | None = None
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How event time is divided. kind: "tumbling", "hopping" or "session"; times in seconds.

    `size` is the gap of a session; `every` is the hop of hopping windows.
    """

    kind: str
    size: int
    every: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """A field of a stream's row: "count", or the "sum", "min" or "max" of `value`."""

    name: str
    function: str
    value: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """An event of a stream, with the fields of its row. It happens when `when` becomes true."""

    name: str
    when: Expression
    summary: str | None = None
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Aggregates of events by key and window. `time` is the events' field with their time.

    `job` is the engine that computes the rows if the unit does not: "spark".
    """

    name: str
    summary: str | None
    store: Store
    job: str | None
    events: tuple[Ref, ...]
    each: Each | None
    by: tuple[Assignment, ...]
    time: str | None
    window: Window
    watermark: int
    aggregates: tuple[Aggregation, ...]
    row: tuple[Field, ...]
    emits: tuple[StreamEvent, ...]
    queries: tuple[Query, ...]
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)

    @property
    def id(self) -> str | None:
        """The field that tells what its events are about, if it is a single one."""
        return self.by[0].target if len(self.by) == 1 else None


@dataclass(frozen=True, slots=True)
class Name:
    """`caller`, or a path parameter of the endpoint."""

    name: str


@dataclass(frozen=True, slots=True)
class FieldOf:
    """A field of another part of the endpoint, which is read before."""

    part: str
    field: str


Argument = str | int | bool | Name | FieldOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of an answer: `unit.Query(arg=value)` or `unit.Aggregate(id=value)`, `?`, `only []`.

    `arguments` map a query field to a `str` literal, int, bool, or to what is known by name.
    """

    name: str
    target: Ref
    arguments: tuple[tuple[str, Argument], ...]
    optional: bool
    only: tuple[str, ...]
    at: Position = field(default=NOWHERE, compare=False)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The parts whose fields are among its arguments."""
        named = (value.part for _, value in self.arguments if isinstance(value, FieldOf))
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What an endpoint sends: `unit.Command(field=value)`; the other fields are in the body."""

    command: Ref
    arguments: tuple[tuple[str, Argument], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`GET /orders/{order_id}` of a backend-for-frontend, with its path parameters.

    It reads `parts`, or `sends` a command. It is `public`, and its callers need no token, if all
    that it reads is.
    """

    method: str
    path: str
    parameters: tuple[str, ...]
    parts: tuple[Part, ...]
    sends: Sending | None = None
    public: bool = False
    at: Position = field(default=NOWHERE, compare=False)

    @property
    def route(self) -> str:
        """The method and the path: `GET /home`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bff:
    """A backend-for-frontend."""

    name: str
    summary: str | None
    endpoints: tuple[Endpoint, ...]
    slo: Objectives | None = None
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)
