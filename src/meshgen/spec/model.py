"""The validated spec: what `check` hands to `resolve`. Frozen, complete, free of YAML.

Every default is filled in, every reference is known to exist, every expression is parsed and typed.
`at` says where an element stands in the file; it never takes part in comparisons.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from meshgen.errors import NOWHERE, Position
from meshgen.spec.expressions import Expression
from meshgen.spec.types import Type


class Missing:
    """The type of `MISSING`: no default was given (`None` is a default of its own)."""


MISSING = Missing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a message, a state, a row or a value object."""

    name: str
    type: Type
    min: int | float | None = None
    max: int | float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    min_items: int | None = None
    max_items: int | None = None
    default: object = MISSING
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """A closed list of words."""

    name: str
    members: tuple[str, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueObject:
    """A small immutable record shared by services."""

    name: str
    fields: tuple[Field, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """`target: expression`. Same-named fields that fill themselves are not listed."""

    target: str
    value: Expression
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A named rule that must hold before a command is carried out."""

    name: str
    condition: Expression
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """`unit.Name`: an event, a command, an aggregate or a query, always with its unit."""

    unit: str
    name: str
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to an aggregate. `fields` are as written: without the id."""

    name: str
    version: int
    fields: tuple[Field, ...]
    sets: tuple[Assignment, ...]
    summary: str | None = None
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """An event a command causes; of several the first whose `when` holds (None: always)."""

    event: str
    when: Expression | None
    fill: tuple[Assignment, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortCall:
    """`calls: {name: "Port.operation(arg=expression)"}`: a question to the outside."""

    name: str
    port: str
    operation: str
    arguments: tuple[Assignment, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An intention. `input` are the fields as written, with the aggregate's id only if written.

    mode: "creates" (must not exist), "acts" (must exist), "upserts" (either).
    `roles` None: not reachable over HTTP, only by policies and sagas.
    """

    name: str
    input: tuple[Field, ...]
    mode: str
    requires: tuple[Guard, ...]
    calls: tuple[PortCall, ...]
    emits: tuple[Emission, ...]
    roles: tuple[str, ...] | None
    summary: str | None = None
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """A consistency boundary. `state` is without the id, whose type is uuid."""

    name: str
    id: str
    owner: str | None
    event_sourced: bool
    state: tuple[Field, ...]
    events: tuple[Event, ...]
    commands: tuple[Command, ...]
    summary: str | None = None
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """A local copy, by id, of some state fields of another service's aggregate."""

    name: str
    of: Ref
    fields: tuple[str, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a port; `simulated` gives each returned field of the simulated adapter."""

    name: str
    input: tuple[Field, ...]
    returns: tuple[Field, ...]
    simulated: tuple[Assignment, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """An outside party (a payment provider) behind an interface."""

    name: str
    operations: tuple[Operation, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """`each: line in lines`: one command for every item, wait for all."""

    variable: str
    items: Expression
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When this happened, do that (for `each` item of a list of the event).

    `with_` is what same-named event fields do not fill. `after` in seconds.
    """

    on: Ref
    each: Each | None
    do: Ref
    with_: tuple[Assignment, ...]
    after: int | None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A command a saga sends: the command and what same-named fields do not fill."""

    command: Ref
    with_: tuple[Assignment, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a saga. `done` and `failed` are the events that answer `do`."""

    each: Each | None
    do: Dispatch
    done: tuple[Ref, ...]
    failed: tuple[Ref, ...]
    undo: Dispatch | None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saga:
    """A process manager: one instance for every `starts_on` event, known by its field `of`.

    `deadline` in seconds.
    """

    name: str
    of: str
    starts_on: Ref
    deadline: int | None
    steps: tuple[Step, ...]
    on_failure: Dispatch | None
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey:
    """A field to sort by."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A read. With `page` it answers a page of rows, without one it answers exactly one row or 404.

    `by` must be given by the caller, `filter` may be. `owner`: that `by` field must be the caller.
    `of` is the aggregate (a service's query) or None (a projection's query).
    """

    name: str
    of: str | None
    by: tuple[str, ...]
    filter: tuple[str, ...]
    sort: tuple[SortKey, ...]
    page: int | None
    owner: str | None
    roles: tuple[str, ...] | None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where a unit keeps its data."""

    engine: str
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A bounded context that owns its data."""

    name: str
    summary: str | None
    store: Store
    aggregates: tuple[Aggregate, ...]
    replicas: tuple[Replica, ...]
    ports: tuple[Port, ...]
    policies: tuple[Policy, ...]
    sagas: tuple[Saga, ...]
    queries: tuple[Query, ...]
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
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventHub:
    """The broker. `retention` in seconds."""

    engine: str
    partitions: int
    retention: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A token bucket for every caller: `rate` requests a second, `burst` at once."""

    rate: int
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The one way in. `timeout` in milliseconds; `cors` are allowed origins."""

    issuer: str
    audience: str
    rate_limit: RateLimit | None
    timeout: int
    cors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of an answer: `unit.Query(arg=value)` or `unit.Aggregate(id=value)`, `?`, `only []`.

    `arguments` map a query field to a `str` literal, int, bool, or to a `Name` of the endpoint.
    """

    name: str
    target: Ref
    arguments: tuple[tuple[str, Argument], ...]
    optional: bool
    only: tuple[str, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """`caller`, or a path parameter of the endpoint."""

    name: str


Argument = str | int | bool | Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`GET /orders/{order_id}` of a backend-for-frontend, with its path parameters."""

    path: str
    parameters: tuple[str, ...]
    parts: tuple[Part, ...]
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bff:
    """A backend-for-frontend."""

    name: str
    summary: str | None
    endpoints: tuple[Endpoint, ...]
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


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
    """The whole domain."""

    name: str
    summary: str
    types: tuple[Enum | ValueObject, ...]
    event_hub: EventHub
    services: tuple[Service, ...]
    projections: tuple[Projection, ...]
    gateway: Gateway
    bffs: tuple[Bff, ...]
    processes: tuple[Process, ...]
    scenarios: tuple[Scenario, ...]
