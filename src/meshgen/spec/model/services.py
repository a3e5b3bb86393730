"""Services: aggregates with their commands and events, ports, replicas, policies and sagas."""

from __future__ import annotations

from dataclasses import dataclass, field

from meshgen.spec.declarations import Field
from meshgen.spec.diagnostics import NOWHERE, Position
from meshgen.spec.expressions import Expression
from meshgen.spec.model.objectives import Objectives
from meshgen.spec.model.reads import Query
from meshgen.spec.model.values import Assignment, Each, FormerPath, Guard, Ref, Store


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
    `roles` None: not reachable over HTTP, only by policies and sagas. `unrestricted` are those of
    them that reach what belongs to others, too. Callers do not send the fields `from_caller`, which
    are filled with their id. `method` and `path` are those of HTTP.
    """

    name: str
    input: tuple[Field, ...]
    mode: str
    requires: tuple[Guard, ...]
    calls: tuple[PortCall, ...]
    emits: tuple[Emission, ...]
    roles: tuple[str, ...] | None
    unrestricted: tuple[str, ...] = ()
    from_caller: tuple[str, ...] = ()
    method: str = "POST"
    path: str = ""
    deprecated: tuple[FormerPath, ...] = ()
    summary: str | None = None
    slo: Objectives | None = None
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """The roles that may read an aggregate; none if nobody may. `unrestricted` as in `Command`.

    `fields` are those that they are shown, the id first; none if it is all of them.
    """

    roles: tuple[str, ...]
    unrestricted: tuple[str, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """A consistency boundary. `state` is without the id, whose type is uuid.

    `reading` tells who may read it by its id; None if the spec is silent. `path` is where all of
    them are found over HTTP.
    """

    name: str
    id: str
    owner: str | None
    event_sourced: bool
    state: tuple[Field, ...]
    events: tuple[Event, ...]
    commands: tuple[Command, ...]
    reading: Readers | None = None
    path: str = ""
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
class Policy:
    """When this happened, do that (for `each` item of a list of the event).

    `with_` is what same-named event fields do not fill. `after` in seconds. `start` is "beginning",
    "now", or None if it is not given.
    """

    on: Ref
    each: Each | None
    do: Ref
    with_: tuple[Assignment, ...]
    after: int | None
    start: str | None = None
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
    """A process manager: one instance for every `starts_on` event; its field `of` is the key.

    `deadline` in seconds, `start` as in `Policy`.
    """

    name: str
    of: str
    starts_on: Ref
    deadline: int | None
    steps: tuple[Step, ...]
    on_failure: Dispatch | None
    start: str | None = None
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)

    @property
    def pivot(self) -> int:
        """The number of the first step without `undo` after which nothing can fail.

        It is the number of steps if there is none. See `chassis.saga`.
        """
        last = max((n for n, s in enumerate(self.steps) if s.undo or s.failed), default=0)
        return last + 1 if self.steps and self.steps[last].undo else last


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRoute:
    """The first segment of paths of routers that the owner of the project writes.

    `public`: callers need no token.
    """

    path: str
    public: bool = False
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
    routes: tuple[OwnRoute, ...] = ()
    slo: Objectives | None = None
    renamed_from: str | None = None
    at: Position = field(default=NOWHERE, compare=False)
