"""Repositories: aggregates loaded and written by their state, or by their events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from chassis.domain import evolved
from chassis.envelope import Envelope
from chassis.messages import Catalog
from chassis.runtime.rows import Rows
from chassis.service import Aggregate
from chassis.store.port import Append, Collection, Commit, Store


@dataclass(frozen=True, slots=True)
class Loaded:
    """The current state and version of an aggregate; None and 0 if it does not exist."""

    state: Any
    version: int


class Repository(Protocol):
    """Loads and writes the aggregates of one class."""

    aggregate: Aggregate[Any, Any, Any]

    @property
    def collections(self) -> tuple[Collection, ...]:
        """The collections that the store must be prepared for."""
        ...

    async def load(self, id: str) -> Loaded:
        """Return the aggregate `id`."""
        ...

    def write(self, id: str, before: Loaded, state: Any, events: tuple[Envelope, ...]) -> Commit:
        """Return the commit for `events`.

        Args:
            id: The id of the aggregate.
            before: The aggregate as it was loaded.
            state: The state after the events.
            events: The new events.
        """
        ...


class StateRepository:
    """The repository of state-stored aggregates."""

    def __init__(
        self, aggregate: Aggregate[Any, Any, Any], store: Store, indexes: list[tuple[str, ...]]
    ) -> None:
        self.aggregate = aggregate
        self.rows: Rows[Any] = Rows(store, f"aggregate_{aggregate.name}", aggregate.state, indexes)

    @property
    def collections(self) -> tuple[Collection, ...]:
        """See `Repository`."""
        return (self.rows.collection,)

    async def load(self, id: str) -> Loaded:
        """See `Repository`."""
        row = await self.rows.get(id)
        return Loaded(row.state, row.version) if row else Loaded(None, 0)

    def write(self, id: str, before: Loaded, state: Any, events: tuple[Envelope, ...]) -> Commit:
        """See `Repository`."""
        version = before.version + len(events)
        return Commit(puts=(self.rows.put(id, state, expected=before.version, version=version),))


class EventRepository:
    """The repository of event-sourced aggregates."""

    collections: tuple[Collection, ...] = ()

    def __init__(
        self, aggregate: Aggregate[Any, Any, Any], store: Store, messages: Catalog
    ) -> None:
        self.aggregate = aggregate
        self._store = store
        self._models = {messages.of(event).name: event for event in aggregate.events}

    async def load(self, id: str) -> Loaded:
        """See `Repository`."""
        history = await self._store.history(self._stream(id))
        events = (self._models[each.type].model_validate(each.data) for each in history)
        return Loaded(evolved(self.aggregate.evolve, None, events), len(history))

    def write(self, id: str, before: Loaded, state: Any, events: tuple[Envelope, ...]) -> Commit:
        """See `Repository`."""
        append = Append(stream=self._stream(id), expected=before.version, events=events)
        return Commit(appends=(append,))

    def _stream(self, id: str) -> str:
        return f"{self.aggregate.name}:{id}"
