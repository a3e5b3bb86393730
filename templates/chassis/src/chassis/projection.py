"""Declarations of projections: read models kept up to date by events of any service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from chassis.annotations import parameter_types
from chassis.messages import Catalog, Event

if TYPE_CHECKING:
    from chassis.http import Route

R = TypeVar("R")
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The key of the rows.

    Attributes:
        partition: The fields that a query gives.
        cluster: The fields that rows of a partition are sorted by; a leading `-`: descending.
    """

    partition: tuple[str, ...]
    cluster: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection(Generic[R, E]):
    """A read model.

    Attributes:
        name: The name of the unit.
        messages: The message catalog of the system.
        row: The class of the rows.
        project: Returns the row after an event; None if there is none.
        id: The field that identifies a row; every event has a field of this name.
        key: The key of the rows.
        routes: The HTTP routes.
    """

    name: str
    messages: Catalog
    row: type[R]
    project: Callable[[R | None, E], R | None]
    id: str
    key: Key
    routes: tuple[Route, ...] = ()

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The events that `project` handles, from its annotations."""
        return parameter_types(self.project, 1)
