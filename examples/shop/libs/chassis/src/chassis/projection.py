"""Declarations of projections: read models kept up to date by events of any service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
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
class MaterializedView(Generic[R]):
    """Rows that are computed from events, and can be computed again: a projection or a stream.

    Attributes:
        name: The name of the unit.
        messages: The message catalog of the system.
        row: The class of the rows.
        routes: The HTTP routes.
        identity: What the store and the consumer group go by, if that is not the name.
        summary: What it is, for the users of its API.
    """

    name: str
    messages: Catalog
    row: type[R]
    routes: tuple[Route, ...] = ()
    identity: str | None = None
    summary: str = ""

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The events that it is computed from."""
        raise NotImplementedError

    @property
    def row_id(self) -> str | None:
        """The field that identifies a row, if one does."""
        return None

    @property
    def row_key(self) -> Key:
        """The key of the rows."""
        raise NotImplementedError

    @property
    def row_keys(self) -> Mapping[str, str]:
        """The keys of renamed fields of the row in the store, by name."""
        return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection(MaterializedView[R], Generic[R, E]):
    """A read model with one row for each id.

    Attributes:
        project: Returns the row after an event; None if there is none.
        id: The field that identifies a row; every event has a field of this name.
        key: The key of the rows.
        stored: The keys of renamed fields of the row in the store, by name.
    """

    project: Callable[[R | None, E], R | None]
    id: str
    key: Key
    stored: Mapping[str, str] = field(default_factory=dict)

    @property
    def row_id(self) -> str:
        """The field that identifies a row."""
        return self.id

    @property
    def row_key(self) -> Key:
        """The key of the rows."""
        return self.key

    @property
    def row_keys(self) -> Mapping[str, str]:
        """The keys of renamed fields of the row in the store, by name."""
        return self.stored

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The events that `project` handles, from its annotations."""
        return parameter_types(self.project, 1)
