"""The results of the runtimes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of a command.

    Attributes:
        id: The id of the aggregate.
        version: The version of the aggregate after the command.
        events: The names of the events.
        created: Whether the command created the aggregate.
        replayed: Whether the command was handled before, and this is the recorded outcome.
    """

    id: UUID
    version: int
    events: tuple[str, ...]
    created: bool
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Versioned(Generic[T]):
    """The state of an aggregate and its version."""

    state: T
    version: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of rows, and the cursor of the next page; None on the last page."""

    items: tuple[T, ...]
    next: str | None
