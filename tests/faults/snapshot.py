"""What the shop holds after a run, read from its stores and its log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Documents: TypeAlias = Mapping[str, "Document"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event or a command, as it is in a log or in an event store.

    Attributes:
        id: Its id.
        type: Its name without system and version, e.g. `OrderPlaced`.
        subject: The id of its aggregate.
        sequence: The version of the aggregate after it; None for commands and refusals.
        data: Its fields; decimals are text.
        position: Where it is in its topic, or in its stream.
        topic: The topic, or the store.
    """

    id: str
    type: str
    subject: str
    sequence: int | None
    data: Mapping[str, Any]
    position: int = 0
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a store."""

    version: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that a group could not handle."""

    group: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The shop at rest.

    Attributes:
        log: The messages of all topics; those of one topic in the order in which they arrived.
        dead_letters: The dead letters.
        aggregates: The documents of each class of aggregates.
        orders: The events of each order in the event store.
        rows: The rows of each projection.
        replicas: The rows of the cart's copy of the products.
        sagas: The instances of the checkout.
        waiting: What is still to be done, by store and kind, e.g. `order outbox`.
    """

    log: tuple[Event, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    aggregates: Mapping[str, Documents] = field(default_factory=dict)
    orders: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)
    rows: Mapping[str, Documents] = field(default_factory=dict)
    replicas: Documents = field(default_factory=dict)
    sagas: Documents = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)

    def events(self, *types: str) -> list[Event]:
        """Return the events of these types, or all of them: each id once, oldest first."""
        wanted = [event for event in self.log if event.sequence is not None]
        return first_of_each(event for event in wanted if not types or event.type in types)

    def of_subjects(self, *types: str) -> dict[str, list[Event]]:
        """Return the events of these types by subject, in the order of their sequence numbers."""
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.events(*types):
            found[event.subject].append(event)
        for events in found.values():
            events.sort(key=lambda event: event.sequence or 0)
        return found


def first_of_each(events: Iterable[Event]) -> list[Event]:
    """Return the events without repetitions of an id."""
    found: dict[str, Event] = {}
    for event in events:
        found.setdefault(event.id, event)
    return list(found.values())
