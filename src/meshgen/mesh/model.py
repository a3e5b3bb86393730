"""The `Mesh`: the spec with every name, path, topic, type and piece of code computed.

What templates print comes from here and from nowhere else. Fields that hold Python source say so.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """`from module import names`: all that a unit's files may need; formatting drops the rest."""

    module: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A field of a dataclass: its annotation and default as Python source."""

    name: str
    annotation: str
    default: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A keyword argument of a call, its value as Python source."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`Name(argument=value, ...)`."""

    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """`name = value`, both as Python source."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A guard: the condition as Python source and the name of the rule it stands for."""

    name: str
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One outcome of a command: `keyword` is `if ...`, `elif ...`, `else`; None if only."""

    keyword: str | None
    event: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCase:
    """A case of `decide`: what it opens with, what it looks up, what it requires and yields."""

    name: str
    opening: str | None
    lookups: tuple[Bound, ...]
    rules: tuple[Rule, ...]
    questions: tuple[Bound, ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCase:
    """One case of `evolve` or of a projection: an optional opening line, then what is returned."""

    name: str
    opening: str | None
    returns: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An event or command as the catalog knows it."""

    name: str
    module: str
    type: str
    topic: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic of the event hub and the units at its ends."""

    name: str
    messages: tuple[Message, ...]
    senders: tuple[str, ...]
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A message that several tests share, under a name in capitals."""

    name: str
    value: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """What the tests of a module share: ids and moments, then messages."""

    values: tuple[Bound, ...]
    messages: tuple[Constant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTest:
    """Given / when / then. `given` and `then` are names of constants; `refused` is a rule.

    `constant` holds the command if several tests send it.
    """

    function: str
    given: tuple[str, ...]
    knowing: tuple[Call, ...]
    answering: tuple[tuple[Call, Call], ...]
    constant: str | None
    when: Call
    then: tuple[str, ...]
    refused: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainTests:
    """The tests of an aggregate."""

    constants: Constants
    tests: tuple[DomainTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """An event (a constant's name) and the commands that follow from it."""

    function: str
    event: str
    commands: tuple[Call, ...]
    several: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTests:
    """The tests of a service's policies."""

    constants: Constants
    tests: tuple[PolicyTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionTest:
    """The row before (None, or the constant `ROW`), an event, and the row after as source."""

    function: str
    before: str | None
    event: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionTests:
    """The tests of a projection; `row` is what most of them start from."""

    constants: Constants
    row: Call | None
    tests: tuple[ProjectionTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaLine:
    """The commands that are sent now, and the events that answer them: (event, command)."""

    sends: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaTest:
    """One way that a process may take."""

    function: str
    lines: tuple[SagaLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaTests:
    """The tests of a process manager; `start` is the constant of the event that starts it."""

    constants: Constants
    start: str
    tests: tuple[SagaTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateView:
    """An aggregate: `kind` is how its state is kept (`StateStored` or `EventSourced`)."""

    name: str
    module: str
    variable: str
    words: str
    described: str
    summary: str
    kind: str
    id: str
    owner: str | None
    state: tuple[Attribute, ...]
    commands: tuple[CommandCase, ...]
    events: tuple[EventCase, ...]
    testing: DomainTests


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaView:
    """A local copy of another service's data."""

    name: str
    variable: str
    source: str
    id: str
    state: tuple[Attribute, ...]
    events: tuple[EventCase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionView:
    """An operation of a port: the question, the answer, and the simulated adapter."""

    question: str
    answer: str
    function: str
    port: str
    summary: str
    input: tuple[Attribute, ...]
    returns: tuple[Attribute, ...]
    simulated: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """`for variable in items`: `items` as Python source, `annotation` the variable's type."""

    variable: str
    items: str
    annotation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """A policy: a function from an event to a command, or to one for each item."""

    function: str
    event: str
    summary: str
    loop: Loop | None
    command: Call
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A saga's step: the names of its functions, and the events that answer it."""

    loop: Loop | None
    do: str
    done: str
    failed: str | None
    undo: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchView:
    """A function of a saga that builds a command."""

    function: str
    summary: str
    parameters: tuple[Argument, ...]
    command: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaView:
    """A process manager. `deadline` as Python source."""

    name: str
    module: str
    words: str
    id: str
    starts_on: str
    deadline: str | None
    dispatches: tuple[DispatchView, ...]
    steps: tuple[StepView, ...]
    on_failure: str | None
    testing: SagaTests | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route of the HTTP table: the helper that makes it, its path and its options.

    `example` is the path with an `ID` in it, as Python source.
    """

    helper: str
    path: str
    example: str
    kind: str
    options: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service, ready to print."""

    name: str
    package: str
    folder: str
    title: str
    summary: str
    aggregates: tuple[AggregateView, ...]
    replicas: tuple[ReplicaView, ...]
    questions: tuple[QuestionView, ...]
    policies: tuple[PolicyView, ...]
    sagas: tuple[SagaView, ...]
    policy_testing: PolicyTests
    routes: tuple[Route, ...]
    has_commands: bool
    imports: tuple[Import, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionView:
    """A projection, ready to print. `key` fields; a leading `-` means descending."""

    name: str
    package: str
    folder: str
    title: str
    summary: str
    row: str
    id: str
    state: tuple[Attribute, ...]
    events: tuple[EventCase, ...]
    partition: tuple[str, ...]
    cluster: tuple[str, ...]
    testing: ProjectionTests
    routes: tuple[Route, ...]
    imports: tuple[Import, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """A part of an aggregated answer: the call to a backend, wrapped as needed."""

    name: str
    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """An endpoint of a backend-for-frontend."""

    path: str
    function: str
    summary: str
    parameters: tuple[str, ...]
    needs_caller: bool
    parts: tuple[PartView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BffView:
    """A backend-for-frontend, ready to print."""

    name: str
    package: str
    folder: str
    title: str
    summary: str
    calls: tuple[str, ...]
    endpoints: tuple[EndpointView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRoute:
    """A prefix of the gateway and the cluster behind it."""

    prefix: str
    cluster: str
    host_variable: str
    port_variable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitView:
    """A token bucket for every caller."""

    rate: int
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayView:
    """The gateway's configuration."""

    issuer: str
    audience: str
    timeout_ms: int
    rate_limit: RateLimitView | None
    cors: tuple[str, ...]
    routes: tuple[GatewayRoute, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What runs: a service, projection or backend-for-frontend and its composition root."""

    name: str
    kind: str
    package: str
    distribution: str
    folder: str
    entry: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessView:
    """Units that run together."""

    name: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractModule:
    """A module of the contracts library.

    `published` is its JSON Schema document as others read it; `schema` the same as the code
    generator reads it: with the base classes, and decimals as numbers to keep bounds.
    """

    name: str
    published: dict[str, object]
    schema: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioView:
    """A scenario as an end-to-end test; `callers` are (variable, role)."""

    function: str
    words: str
    callers: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedQuery:
    """A page that only its owner may read: `owner` is the parameter that must be the caller."""

    function: str
    path: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """The whole system, resolved.

    `folders` hold units; `retention` is Python source; `example_path` is one to try with a token.
    """

    name: str
    package: str
    distribution: str
    summary: str
    spec_file: str
    folders: tuple[str, ...]
    partitions: int
    retention: str
    roles: tuple[str, ...]
    contracts: tuple[ContractModule, ...]
    type_imports: tuple[Import, ...]
    messages: tuple[Message, ...]
    topics: tuple[Topic, ...]
    services: tuple[ServiceView, ...]
    projections: tuple[ProjectionView, ...]
    bffs: tuple[BffView, ...]
    gateway: GatewayView
    example_path: str
    owned_queries: tuple[OwnedQuery, ...]
    units: tuple[Unit, ...]
    processes: tuple[ProcessView, ...]
    scenarios: tuple[ScenarioView, ...]
