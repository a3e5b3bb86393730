"""The store port: optimistic reads, and one declarative atomic write.

Any number of processes use the store of a unit at once. What they must agree on, e.g. who relays
the outbox, is documents whose versions are compared when they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeAlias

from chassis.envelope import Envelope, Outgoing

Scalar: TypeAlias = str | int | float | bool | None


class Kind(Enum):
    """What the JSON values of a field are, and how they are compared."""

    TEXT = "text"  # by code point
    UUID = "uuid"  # in its canonical form
    INTEGER = "integer"  # of 64 bits
    NUMBER = "number"  # floating point
    BOOLEAN = "boolean"
    DECIMAL = "decimal"  # an exact number as text
    INSTANT = "instant"  # a date and time with an offset as text
    DATE = "date"
    ENUM = "enum"  # one of several texts
    JSON = "json"  # value objects, lists and maps, which cannot be compared


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the documents of a collection.

    Attributes:
        key: Its key in their JSON.
        kind: What its values are.
        optional: Whether it may be missing, which is the same as null.
        default: The JSON of what it is in documents that were written before there was this field;
            None if it is null there.
        values: The values of an enum.
    """

    key: str
    kind: Kind
    optional: bool = False
    default: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sort:
    """A field to sort by."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPattern:
    """An expected query: its fields `by` equal values, and it is sorted by `sort`."""

    by: tuple[str, ...] = ()
    sort: tuple[Sort, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A collection of documents of one class.

    Attributes:
        name: The name of the collection.
        id: The field with the id of the document; None if it is in none. Then it is any text.
        fields: All fields of the documents. Queries may use those that are not JSON.
        unique: Fields whose values, together, no two documents share, unless one of them is null.
        patterns: The expected queries.
        former: Its name in SQLite files of older versions, from which its documents are taken over.
    """

    name: str
    id: str | None = None
    fields: tuple[Field, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    patterns: tuple[AccessPattern, ...] = ()
    former: str = ""

    @property
    def indexes(self) -> tuple[tuple[Sort, ...], ...]:
        """The sorts of the expected queries, but for those that the id alone answers."""
        sorts = ((*map(Sort, each.by), *each.sort) for each in self.patterns)
        return tuple(dict.fromkeys(each for each in sorts if each and each[0].field != self.id))


@dataclass(frozen=True, slots=True)
class Stored:
    """A document: its JSON text, and its version, which starts at 1.

    The JSON has the values that were written, maybe in another form: a missing value may be null, a
    decimal and an instant may be an equal one, and the keys of an object may have another order.
    """

    id: str
    version: int
    data: str


class Operator(Enum):
    """How a field is compared with a value. Missing fields are None, which comes before all."""

    EQUAL = "="
    IN = "in"
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    PREFIX = "prefix"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a field. The value of `IN` is a tuple, that of `PREFIX` is text."""

    field: str
    operator: Operator
    value: Scalar | tuple[Scalar, ...]


def equal(field: str, value: Scalar) -> Condition:
    """Return the condition that `field` has `value`."""
    return Condition(field, Operator.EQUAL, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query of documents.

    Attributes:
        collection: The name of the collection.
        where: The conditions, all of which hold.
        sort: The fields to sort by; documents with equal values are sorted by id.
        after: The sort values and, last, the id of the document to continue after.
        limit: The largest number of documents.
        ordered: Whether the order matters. If not, there is no `sort`, and a store may have an
            order of its own, in which it continues after an id.
    """

    collection: str
    where: tuple[Condition, ...] = ()
    sort: tuple[Sort, ...] = ()
    after: tuple[Scalar, ...] | None = None
    limit: int
    ordered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """The write of a document; its version changes from `expected` (0: new) to `version`.

    Its JSON has no other fields than those of the collection.
    """

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
    events: tuple[Outgoing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A durable timer: at `due`, it is passed to the handler `handler` with its `data`."""

    id: str
    due: datetime
    handler: str
    data: str


@dataclass(frozen=True, slots=True)
class Received:
    """The id of a message that a commit handles, and the result to record with it."""

    message: str
    result: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One atomic write.

    Attributes:
        puts: The documents to write, each at most once.
        deletes: The documents to remove.
        appends: The events to append, at most once for a stream.
        outbox: The messages to publish, in this order.
        inbox: The messages that are handled by this write.
        set_timers: The timers to set; they replace timers with the same ids.
        drop_timers: The ids of timers to remove, which need not exist.
    """

    puts: tuple[Put, ...] = ()
    deletes: tuple[Delete, ...] = ()
    appends: tuple[Append, ...] = ()
    outbox: tuple[Outgoing, ...] = ()
    inbox: tuple[Received, ...] = ()
    set_timers: tuple[Timer, ...] = ()
    drop_timers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """A message of the outbox. A position is never used again."""

    position: int
    message: Outgoing


class Reads(Protocol):
    """The reads of a decision. Every method may raise `Unavailable`."""

    async def get(self, collection: str, id: str) -> Stored | None:
        """Return the document, or None."""
        ...

    async def get_many(self, collection: str, ids: tuple[str, ...]) -> Mapping[str, Stored]:
        """Return those of the documents that exist, by id."""
        ...

    async def history(self, stream: str, *, after: int = 0, limit: int) -> tuple[Envelope, ...]:
        """Return the events of a stream that follow version `after`, oldest first."""
        ...


class Store(Reads, Protocol):
    """The store of a unit. Every method may raise `Unavailable`."""

    async def prepare(self, collections: tuple[Collection, ...]) -> None:
        """Create missing collections, fields and indexes. Other processes may do the same."""
        ...

    async def changes(self, collections: tuple[Collection, ...]) -> tuple[str, ...]:
        """Return what `prepare` would execute, in the words of the engine; nothing after it.

        Nothing is changed. Ids that are made up may be others.
        """
        ...

    async def find(self, query: Query) -> tuple[Stored, ...]:
        """Return the documents that match `query`."""
        ...

    async def count(self, query: Query) -> int:
        """Return the number of documents that match `query`, at most its limit."""
        ...

    async def streams(self, prefix: str, *, after: str = "", limit: int) -> tuple[str, ...]:
        """Return the streams whose names begin with `prefix` and follow `after`, sorted."""
        ...

    async def handled(self, messages: tuple[str, ...]) -> Mapping[str, str | None]:
        """Return the recorded results of those messages that were handled, by id."""
        ...

    async def commit(self, commit: Commit) -> None:
        """Write atomically and durably. Concurrent commits may share a transaction.

        Raises:
            AlreadyHandled: Messages were handled before (all of them are named); nothing was
                written. This comes before `Conflict`.
            Conflict: A version is not the expected one; nothing was written.
            Duplicate: Another document has the same values in unique fields; nothing was written.
                If a commit conflicts, too, either is raised.
        """
        ...

    async def pending(self, *, after: int = 0, limit: int) -> tuple[Pending, ...]:
        """Return the messages of the outbox after a position, the oldest first."""
        ...

    async def outbox_size(self) -> int:
        """Return the number of messages in the outbox."""
        ...

    async def published(self, positions: tuple[int, ...]) -> None:
        """Remove messages from the outbox. This may wait for a moment, for a commit to go with."""
        ...

    async def due(self, now: datetime, limit: int) -> tuple[Timer, ...]:
        """Return the due timers, the earliest first."""
        ...

    async def next_due(self) -> datetime | None:
        """Return when the earliest timer is due, or None if there is none."""
        ...

    async def forget(self, generations: int) -> None:
        """Begin a new generation of inbox entries, and remove those of older ones.

        A generation is as long as the pause between two calls. So entries do not depend on clocks.

        Args:
            generations: How many complete generations are kept.
        """
        ...

    async def ping(self) -> None:
        """Check that the store is writable."""
        ...

    async def verify(self) -> None:
        """Check cheaply that the store that was opened is still there.

        Raises:
            StoreLost: It was removed or replaced. Whatever is written to it would be lost.
        """
        ...

    async def close(self) -> None:
        """Finish pending writes and close the store."""
        ...
