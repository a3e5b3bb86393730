"""Services, projections and backends for frontends, ready to print."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.system.model.code import (
    Argument,
    Attribute,
    Call,
    CommandCase,
    EventCase,
    Import,
    Loop,
    Route,
    StoredAs,
)
from meshgen.system.model.jobs import SparkView
from meshgen.system.model.testing import (
    AccessTests,
    DomainTests,
    PolicyTests,
    ProjectionTests,
    ReachTests,
    SagaTests,
    StreamTests,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateView:
    """An aggregate: `kind` is how its state is kept (`StateStored` or `EventSourced`).

    `identity`, here and below, is the id in stores and topics if it differs from the name.
    """

    name: str
    identity: str | None
    module: str
    variable: str
    words: str
    described: str
    summary: str
    about: str
    """What it is, for the users of its API; empty if the spec does not say."""
    kind: str
    id: str
    owner: str | None
    state: tuple[Attribute, ...]
    stored: tuple[StoredAs, ...]
    commands: tuple[CommandCase, ...]
    events: tuple[EventCase, ...]
    testing: DomainTests


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaView:
    """A local copy of another service's data."""

    name: str
    identity: str | None
    variable: str
    source: str
    id: str
    state: tuple[Attribute, ...]
    stored: tuple[StoredAs, ...]
    events: tuple[EventCase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionView:
    """An operation of a port: request, response and simulated adapter."""

    question: str
    answer: str
    method: str
    port: str
    summary: str
    input: tuple[Attribute, ...]
    returns: tuple[Attribute, ...]
    simulated: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortView:
    """A port: an interface, and the function that opens its adapter."""

    name: str
    words: str
    function: str
    questions: tuple[QuestionView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """A policy: a function from an event to a command, or to one per item.

    `from_now`, here and below, tells whether events before its first start are left out.
    """

    function: str
    identity: str | None
    event: str
    summary: str
    loop: Loop | None
    command: Call
    after: str | None
    from_now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step of a saga: the names of its functions, and the events that answer its commands."""

    loop: Loop | None
    do: str
    done: str
    failed: str | None
    undo: str | None
    undone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFailureView:
    """The last command of a saga that has failed: its function, and the events that answer it."""

    do: str
    done: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchView:
    """A function of a saga that builds a command."""

    function: str
    summary: str
    parameters: tuple[Argument, ...]
    command: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaView:
    """A saga; `deadline` is Python source."""

    name: str
    identity: str | None
    module: str
    words: str
    id: str
    starts_on: str
    from_now: bool
    deadline: str | None
    dispatches: tuple[DispatchView, ...]
    steps: tuple[StepView, ...]
    on_failure: OnFailureView | None
    testing: SagaTests | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service; `about` continues its docstring with the summary, or is empty."""

    name: str
    identity: str | None
    package: str
    distribution: str
    folder: str
    extras: tuple[str, ...]
    """The extras of the chassis with the clients of its event hub and its store."""
    title: str
    summary: str
    about: str
    aggregates: tuple[AggregateView, ...]
    replicas: tuple[ReplicaView, ...]
    ports: tuple[PortView, ...]
    questions: tuple[QuestionView, ...]
    """Those of all ports."""
    policies: tuple[PolicyView, ...]
    sagas: tuple[SagaView, ...]
    policy_testing: PolicyTests
    routes: tuple[Route, ...]
    access_testing: AccessTests
    reach_testing: ReachTests
    imports: tuple[Import, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionView:
    """A projection; a leading `-` in `key` fields means descending."""

    name: str
    identity: str | None
    package: str
    distribution: str
    folder: str
    extras: tuple[str, ...]
    """The extras of the chassis with the clients of its event hub and its store."""
    title: str
    summary: str
    about: str
    row: str
    id: str
    state: tuple[Attribute, ...]
    stored: tuple[StoredAs, ...]
    events: tuple[EventCase, ...]
    partition: tuple[str, ...]
    cluster: tuple[str, ...]
    testing: ProjectionTests
    routes: tuple[Route, ...]
    access_testing: AccessTests
    reach_testing: ReachTests
    imports: tuple[Import, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmissionView:
    """An event of a stream; `function` tells by the row whether `condition` (source) holds."""

    event: str
    function: str
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamView:
    """A stream: windowed aggregates of events.

    `event` is the type of its events, an alias if there are several; `added` is what an event, or
    an item of `loop`, adds to a window. `window`, `watermark` and the values of `aggregates` are
    Python source.
    """

    name: str
    identity: str | None
    package: str
    distribution: str
    folder: str
    extras: tuple[str, ...]
    """The extras of the chassis with the clients of its event hub and its store."""
    title: str
    summary: str
    about: str
    row: str
    entry: str
    state: tuple[Attribute, ...]
    fields: tuple[Attribute, ...]
    event: str
    events: tuple[str, ...]
    loop: Loop | None
    added: Call
    by: tuple[str, ...]
    time: str | None
    window: str
    watermark: str
    aggregates: tuple[Argument, ...]
    emits: tuple[EmissionView, ...]
    job: SparkView | None
    """What computes the rows instead of the unit; None if nothing does."""
    testing: StreamTests
    routes: tuple[Route, ...]
    access_testing: AccessTests
    reach_testing: ReachTests
    imports: tuple[Import, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """A model of a response, of a part of one, or of the body of a request; `base` is its class."""

    name: str
    base: str
    summary: str
    fields: tuple[Attribute, ...]

    @property
    def may_be_empty(self) -> bool:
        """Whether all fields have a default."""
        return all(field.default for field in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """A part of an aggregated response: the call to a backend, and the variable of its task.

    One that waits for other parts has a `function` of its own, which returns an `annotation`.
    `needs` are the tasks of those that may be missing, in which case it is missing, too.
    """

    name: str
    variable: str
    call: str
    function: str | None
    annotation: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingView:
    """The command that an endpoint sends.

    `call` is the call, and `body` the annotation of its parameter, which may be left out if
    `is_optional`; None without a body. `rules` are those for which the command may be refused.
    """

    call: str
    body: str | None
    is_optional: bool
    rules: tuple[str, ...]
    creates: bool
    upserts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """An endpoint of a backend for frontends: it has parts, or it sends a command."""

    method: str
    path: str
    function: str
    summary: str
    parameters: tuple[Attribute, ...]
    needs_caller: bool
    public: bool
    answer: str
    """The model of its response."""
    parts: tuple[PartView, ...]
    """The parts, each behind those that it waits for."""
    fields: tuple[Argument, ...]
    """The fields of the response, in the order of the spec."""
    sends: SendingView | None
    has_pages: bool
    """Whether clients may ask for the next page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BffView:
    """A backend for frontends."""

    name: str
    package: str
    distribution: str
    folder: str
    title: str
    summary: str
    about: str
    calls: tuple[str, ...]
    secured: bool
    """Whether there are endpoints for callers with a token."""
    public: bool
    """Whether there are endpoints for callers without one."""
    models: tuple[ModelView, ...]
    endpoints: tuple[EndpointView, ...]
    imports: tuple[Import, ...]
