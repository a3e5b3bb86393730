"""How a projection is declared: a read model that is kept by the events of any services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from chassis.annotations import parameter_types
from chassis.messages import Catalog, Event

if TYPE_CHECKING:
    from chassis.http import Route

R = TypeVar("R")
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """How rows are found: by all of `partition`, in the order of `cluster` (`-`: descending)."""

    partition: tuple[str, ...]
    cluster: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection(Generic[R, E]):
    """A read model. `name` is the unit's name; `identity`: what its store and its group go by, if
    that is another.

    `project(row, event)` is the row after the event; None: there is none (any more). `id`: the
    field of the row by which every event finds its row; every event has a field of that name.
    `stored`: the keys of renamed fields of the row in the store, by their names.
    """

    name: str
    messages: Catalog
    row: type[R]
    project: Callable[[R | None, E], R | None]
    id: str
    key: Key
    routes: tuple[Route, ...] = ()
    identity: str | None = None
    stored: Mapping[str, str] = field(default_factory=dict)

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The events it is kept by, as `project` is annotated."""
        return parameter_types(self.project, 1)
