"""The store port: optimistic reads, and one declarative atomic write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeAlias

from chassis.envelope import Envelope, Outgoing

Scalar: TypeAlias = str | int | float | bool | None


class Kind(Enum):
    """How the JSON values of a field are compared."""

    PLAIN = "plain"  # text by code point, numbers, booleans
    DECIMAL = "decimal"  # exact numbers as text
    INSTANT = "instant"  # dates and times with an offset as text


@dataclass(frozen=True, slots=True)
class Sort:
    """A field to sort by."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A collection of documents of one class.

    Attributes:
        name: The name of the collection.
        fields: The fields that queries may use.
        indexes: The sorts of the expected queries.
    """

    name: str
    fields: tuple[tuple[str, Kind], ...] = ()
    indexes: tuple[tuple[Sort, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """A document: its JSON text, and its version, which starts at 1."""

    id: str
    version: int
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query of documents.

    Attributes:
        collection: The name of the collection.
        where: The required values by field.
        sort: The fields to sort by; documents with equal values are sorted by id.
        after: The sort values and, last, the id of the document to continue after.
        limit: The largest number of documents.
    """

    collection: str
    where: tuple[tuple[str, Scalar], ...] = ()
    sort: tuple[Sort, ...] = ()
    after: tuple[Scalar, ...] | None = None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """The write of a document; its version changes from `expected` (0: new) to `version`."""

    collection: str
    id: str
    data: str
    expected: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """The removal of a document, whose version must be `expected`."""

    collection: str
    id: str
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """The append of `events` to a stream, whose version must be `expected` (0: new)."""

    stream: str
    expected: int
    events: tuple[Envelope, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A durable timer: at `due`, it is passed to the handler `handler` with its `data`."""

    id: str
    due: datetime
    handler: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One atomic write.

    Attributes:
        puts: The documents to write.
        deletes: The documents to remove.
        appends: The events to append.
        outbox: The messages to publish.
        inbox: The id of the message that is handled by this write.
        result: The result to record with that id.
        set_timers: The timers to set; they replace timers with the same ids.
        drop_timers: The ids of timers to remove, which need not exist.
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
    """A message of the outbox, and its position."""

    position: int
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class Handled:
    """An entry of the inbox: the recorded result of a handled message."""

    result: str | None


class Store(Protocol):
    """The store of a unit. Every method may raise `Unavailable`."""

    async def prepare(self, collections: tuple[Collection, ...]) -> None:
        """Create missing collections and indexes."""
        ...

    async def get(self, collection: str, id: str) -> Stored | None:
        """Return the document, or None."""
        ...

    async def find(self, query: Query) -> tuple[Stored, ...]:
        """Return the documents that match `query`."""
        ...

    async def history(self, stream: str) -> tuple[Envelope, ...]:
        """Return the events of a stream, oldest first."""
        ...

    async def handled(self, message: str) -> Handled | None:
        """Return the inbox entry of a message, or None if it was not handled yet."""
        ...

    async def commit(self, commit: Commit) -> None:
        """Write atomically and durably.

        Raises:
            AlreadyHandled: The message was handled before; nothing was written.
            Conflict: A version is not the expected one; nothing was written.
        """
        ...

    async def pending(self, limit: int) -> tuple[Pending, ...]:
        """Return the oldest messages of the outbox, in the order of their commits."""
        ...

    async def published(self, positions: tuple[int, ...]) -> None:
        """Remove messages from the outbox."""
        ...

    async def due(self, now: datetime, limit: int) -> tuple[Timer, ...]:
        """Return the due timers, the earliest first."""
        ...

    async def next_due(self) -> datetime | None:
        """Return when the earliest timer is due, or None if there is none."""
        ...

    async def forget(self, before: datetime) -> None:
        """Remove the inbox entries from before that time."""
        ...

    async def ping(self) -> None:
        """Check that the store is writable."""
        ...

    async def close(self) -> None:
        """Finish pending writes and close the store."""
        ...
