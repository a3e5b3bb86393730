"""How a service is declared: one table of everything it consists of; it connects to nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chassis.annotations import parameter_types
from chassis.domain import Context, Question
from chassis.messages import Catalog, Command, Event

if TYPE_CHECKING:
    from chassis.http import Route
    from chassis.saga import Saga

S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)
A = TypeVar("A")
Q = TypeVar("Q", bound=Question[Any])

Decide = Callable[[C, S | None, Context], Iterable[E]]
Evolve = Callable[[S | None, E], S]


@dataclass(frozen=True, slots=True)
class Aggregate(Generic[S, C, E]):
    """A consistency boundary in the decider form.

    `decide(command, state, context)` yields the events a command causes, `evolve(state, event)` is
    the state after an event. `id`: the field with the aggregate's id, in the state and in every
    message. `owner`: the field of the state with the only user who may read and command it over
    HTTP. `identity`: what it goes by in the store, if that is not its name. `stored`: the keys of
    renamed fields in the store, by their names.
    """

    state: type[S]
    decide: Decide[C, S, E] = field(kw_only=True)
    evolve: Evolve[S, E] = field(kw_only=True)
    id: str = field(kw_only=True)
    owner: str | None = field(kw_only=True, default=None)
    identity: str | None = field(kw_only=True, default=None)
    stored: Mapping[str, str] = field(kw_only=True, default_factory=dict)

    @property
    def name(self) -> str:
        """The aggregate's name."""
        return self.state.__name__

    @property
    def commands(self) -> tuple[type[Command], ...]:
        """The commands it decides on, as `decide` is annotated."""
        return parameter_types(self.decide, 0)

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The events it evolves by, as `evolve` is annotated."""
        return parameter_types(self.evolve, 1)


class StateStored(Aggregate[S, C, E]):
    """An aggregate whose current state is stored."""

    __slots__ = ()


class EventSourced(Aggregate[S, C, E]):
    """An aggregate whose events are stored; its state is what they evolve to."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Replica(Generic[S, E]):
    """A local copy, kept by events, of another service's data. `id`: the row's id field.

    `identity`, `stored`: as of an `Aggregate`.
    """

    row: type[S]
    evolve: Evolve[S, E] = field(kw_only=True)
    id: str = field(kw_only=True)
    identity: str | None = field(kw_only=True, default=None)
    stored: Mapping[str, str] = field(kw_only=True, default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the row's class."""
        return self.row.__name__

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The events it is kept by, as `evolve` is annotated."""
        return parameter_types(self.evolve, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When `event` happened, do what `react` says: at once, or `after` a time.

    `identity`: what its timers and commands go by, if that is not its name.
    """

    event: type[Event]
    react: Callable[[Any], Command | Iterable[Command]]
    after: timedelta | None
    identity: str | None

    @property
    def name(self) -> str:
        """The policy's name: that of its function."""
        return self.react.__name__


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Who answers the questions of a class."""

    question: type[Question[Any]]
    adapter: Callable[[Any], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A bounded context that owns its data. `name` is the unit's name.

    `identity`: what its store and its groups go by, if that is not its name.
    """

    name: str
    identity: str | None = None
    messages: Catalog
    aggregates: tuple[Aggregate[Any, Any, Any], ...]
    replicas: tuple[Replica[Any, Any], ...] = ()
    answers: tuple[Answer, ...] = ()
    policies: tuple[Policy, ...] = ()
    sagas: tuple[Saga[Any], ...] = ()
    routes: tuple[Route, ...] = ()


def on(
    event: type[E],
    react: Callable[[E], Command | Iterable[Command]],
    *,
    after: timedelta | None = None,
    identity: str | None = None,
) -> Policy:
    """Declare a policy: when `event` happened, carry out the commands that `react` makes of it."""
    return Policy(event=event, react=react, after=after, identity=identity)


def answered_by(question: type[Q], adapter: Callable[[Q], Awaitable[object]]) -> Answer:
    """Declare that `adapter` answers the questions of class `question`."""
    return Answer(question=question, adapter=adapter)


def aggregate_of(service: Service, command: type[Command]) -> Aggregate[Any, Any, Any]:
    """Return the aggregate of `service` that decides on `command`; KeyError if there is none."""
    for aggregate in service.aggregates:
        if command in aggregate.commands:
            return aggregate
    raise KeyError(f"{service.name} has no aggregate for {command.__name__}")
