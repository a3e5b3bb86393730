"""What the runtimes answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command did to the aggregate `id`: its version after, and the names of the events.

    `created`: the aggregate did not exist before. `replayed`: the command had been handled before,
    this is the recorded outcome.
    """

    id: UUID
    version: int
    events: tuple[str, ...]
    created: bool
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Versioned(Generic[T]):
    """The state of an aggregate and the version it is of."""

    state: T
    version: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor for those after them; None: these are the last."""

    items: tuple[T, ...]
    next: str | None
