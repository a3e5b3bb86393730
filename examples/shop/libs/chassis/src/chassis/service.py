"""Declarations of services: all parts of a service in one place. Nothing is connected here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chassis.annotations import parameter_types
from chassis.domain import Context, Question
from chassis.messages import Catalog, Command, Event

if TYPE_CHECKING:
    from fastapi import APIRouter

    from chassis.api import Middleware
    from chassis.http import Route
    from chassis.saga import Saga

S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)
A = TypeVar("A")

Decide = Callable[[C, S | None, Context], Iterable[E]]
Evolve = Callable[[S | None, E], S]


@dataclass(frozen=True, slots=True)
class Aggregate(Generic[S, C, E]):
    """A consistency boundary in the decider form.

    Attributes:
        state: The class of the state.
        decide: Yields the events that a command causes, given the state and a context.
        evolve: Returns the state after an event.
        id: The field with the id of the aggregate, in the state and in every message.
        owner: The field of the state with the only user who has access over HTTP, or the only ones.
        identity: What the store goes by, if that is not the name.
        stored: The keys of renamed fields of the state in the store, by name.
        summary: What it is, for the users of the API.
    """

    state: type[S]
    decide: Decide[C, S, E] = field(kw_only=True)
    evolve: Evolve[S, E] = field(kw_only=True)
    id: str = field(kw_only=True)
    owner: str | None = field(kw_only=True, default=None)
    identity: str | None = field(kw_only=True, default=None)
    stored: Mapping[str, str] = field(kw_only=True, default_factory=dict)
    summary: str = field(kw_only=True, default="")

    @property
    def name(self) -> str:
        """The name of the aggregate."""
        return self.state.__name__

    @property
    def commands(self) -> tuple[type[Command], ...]:
        """The commands that `decide` handles, from its annotations."""
        return parameter_types(self.decide, 0)

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The events that `evolve` handles, from its annotations."""
        return parameter_types(self.evolve, 1)


class StateStored(Aggregate[S, C, E]):
    """An aggregate whose current state is stored."""

    __slots__ = ()


class EventSourced(Aggregate[S, C, E]):
    """An aggregate whose events are stored; its state is computed from them."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Replica(Generic[S, E]):
    """A local copy of another service's data, kept up to date by its events.

    Attributes:
        row: The class of the rows.
        evolve: Returns the row after an event.
        id: The field with the id of the row.
        identity: What the store and the consumer group go by, if that is not the name.
        stored: The keys of renamed fields of the row in the store, by name.
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
        """The events that `evolve` handles, from its annotations."""
        return parameter_types(self.evolve, 1)


class Start(Enum):
    """The first event that a policy or a saga reacts to, when it runs for the first time.

    Later it continues where it stopped, whatever its start is.
    """

    BEGINNING = "beginning"
    """The oldest event that the event hub has."""
    NOW = "now"
    """The next event that is published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy: commands that follow from an event.

    Attributes:
        event: The class of the event.
        react: Returns the commands.
        after: The delay; None for no delay.
        start: The first event that it reacts to.
        identity: What timers and commands go by, if that is not the name.
    """

    event: type[Event]
    react: Callable[[Any], Command | Iterable[Command]]
    after: timedelta | None
    start: Start = Start.BEGINNING
    identity: str | None

    @property
    def name(self) -> str:
        """The name of the policy, which is the name of its function."""
        return self.react.__name__


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """An outside party behind an interface.

    Attributes:
        interface: A protocol. Each of its methods answers the questions of one class.
        adapter: Opens what implements it, for as long as the service runs.
    """

    interface: type
    adapter: Callable[[], AbstractAsyncContextManager[Any]]

    @property
    def operations(self) -> Mapping[type[Question[Any]], str]:
        """The names of the methods by the classes of their questions, from their annotations."""
        methods = (m for name, m in vars(self.interface).items() if not name.startswith("_"))
        return {parameter_types(method, 1)[0]: method.__name__ for method in methods}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service: a bounded context that owns its data. `summary` is for the users of its API."""

    name: str
    identity: str | None = None
    summary: str = ""
    messages: Catalog
    aggregates: tuple[Aggregate[Any, Any, Any], ...]
    replicas: tuple[Replica[Any, Any], ...] = ()
    ports: tuple[Port, ...] = ()
    policies: tuple[Policy, ...] = ()
    sagas: tuple[Saga[Any], ...] = ()
    routes: tuple[Route, ...] = ()
    routers: tuple[APIRouter, ...] = ()
    """Routes that are written by hand; see `chassis.api`."""
    public: tuple[APIRouter, ...] = ()
    """More of them, for callers without a token."""
    middlewares: tuple[Middleware, ...] = ()
    """ASGI middlewares, the outermost first; see `chassis.api`."""


def on(
    event: type[E],
    react: Callable[[E], Command | Iterable[Command]],
    *,
    after: timedelta | None = None,
    start: Start = Start.BEGINNING,
    identity: str | None = None,
) -> Policy:
    """Declare a policy.

    Args:
        event: The class of the event.
        react: Returns the command, or the commands, that follow from an event.
        after: The delay; None for no delay.
        start: The first event that it reacts to.
        identity: What timers and commands go by, if that is not the name.
    """
    return Policy(event=event, react=react, after=after, start=start, identity=identity)


def answered_by(interface: type, adapter: Callable[[], AbstractAsyncContextManager[Any]]) -> Port:
    """Declare the port with an interface, and what opens its adapter; see `Port`."""
    return Port(interface=interface, adapter=adapter)


def aggregate_of(service: Service, command: type[Command]) -> Aggregate[Any, Any, Any]:
    """Return the aggregate of `service` that handles `command`.

    Raises:
        KeyError: There is none.
    """
    for aggregate in service.aggregates:
        if command in aggregate.commands:
            return aggregate
    raise KeyError(f"{service.name} has no aggregate for {command.__name__}")
