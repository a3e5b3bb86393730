"""The store port: optimistic reads, then one declarative atomic write: every engine can do it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeAlias

from chassis.envelope import Envelope, Outgoing

Scalar: TypeAlias = str | int | float | bool | None


class Kind(Enum):
    """How the JSON values of a field compare."""

    PLAIN = "plain"  # as JSON has it: text by code point, numbers, booleans
    DECIMAL = "decimal"  # text that is an exact number
    INSTANT = "instant"  # text that is a date and time with an offset


@dataclass(frozen=True, slots=True)
class Sort:
    """A field to sort by."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Documents of one form. Queries may use `fields`; `indexes` serve the expected ones."""

    name: str
    fields: tuple[tuple[str, Kind], ...] = ()
    indexes: tuple[tuple[Sort, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """A document: JSON text and its version, counted from 1."""

    id: str
    version: int
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The documents of `collection` whose fields equal `where`, sorted, at last by their id.

    `after`: the values of the sort fields, and the id, of the document to go on behind.
    """

    collection: str
    where: tuple[tuple[str, Scalar], ...] = ()
    sort: tuple[Sort, ...] = ()
    after: tuple[Scalar, ...] | None = None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Write a document, now at version `expected` (0: there is none), as version `version`."""

    collection: str
    id: str
    data: str
    expected: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Remove a document that is at version `expected` now."""

    collection: str
    id: str
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """Append `events` to a stream of the event store that is at version `expected` now (0: new)."""

    stream: str
    expected: int
    events: tuple[Envelope, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A reminder for `handler` of this unit, at `due`. `data` is the handler's own text."""

    id: str
    due: datetime
    handler: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One atomic write: all of it happens or nothing.

    `inbox`: the id of the message whose effect this is; `result`: what to remember with it.
    `set_timers` replaces timers of the same id; `drop_timers` are ids, of timers that need not
    exist.
    """

    puts: tuple[Put, ...] = ()
    deletes: tuple[Delete, ...] = ()
    appends: tuple[Append, ...] = ()
    outbox: tuple[Outgoing, ...] = ()
    inbox: str | None = None
    result: str | None = None
    set_timers: tuple[Timer, ...] = ()
    drop_timers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """A message of the outbox that is not known to be published yet."""

    position: int
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class Handled:
    """A message that is in the inbox, and the result remembered with it."""

    result: str | None


class Store(Protocol):
    """What a unit needs of its store. Every method may raise `Unavailable`."""

    async def prepare(self, collections: tuple[Collection, ...]) -> None:
        """Make the store ready for `collections`; those that are there already get new indexes."""
        ...

    async def get(self, collection: str, id: str) -> Stored | None:
        """Return the document, or None."""
        ...

    async def find(self, query: Query) -> tuple[Stored, ...]:
        """Return the documents that `query` asks for."""
        ...

    async def history(self, stream: str) -> tuple[Envelope, ...]:
        """Return the events of a stream, oldest first."""
        ...

    async def handled(self, message: str) -> Handled | None:
        """Return what is in the inbox for the message, or None if it was not handled yet."""
        ...

    async def commit(self, commit: Commit) -> None:
        """Write durably, or raise `AlreadyHandled` or else `Conflict` and write nothing."""
        ...

    async def pending(self, limit: int) -> tuple[Pending, ...]:
        """Return the oldest messages of the outbox, in the order they were committed."""
        ...

    async def published(self, positions: tuple[int, ...]) -> None:
        """Remove messages from the outbox."""
        ...

    async def due(self, now: datetime, limit: int) -> tuple[Timer, ...]:
        """Return timers that are due, the earliest first."""
        ...

    async def next_due(self) -> datetime | None:
        """Return when the earliest timer is due, or None if there is none."""
        ...

    async def forget(self, before: datetime) -> None:
        """Remove inbox entries that were written before that time."""
        ...

    async def ping(self) -> None:
        """Return if the store can be written to."""
        ...

    async def close(self) -> None:
        """Finish what was begun, then let go of the store."""
        ...
