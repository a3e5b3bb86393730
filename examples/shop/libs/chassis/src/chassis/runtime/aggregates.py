"""Repositories: aggregates loaded and written by their state, or by their events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chassis import names
from chassis.domain import evolved
from chassis.envelope import Envelope, Outgoing
from chassis.identity import identity_of
from chassis.messages import Catalog, decoded
from chassis.runtime.patterns import Pattern
from chassis.runtime.rows import Rows
from chassis.runtime.snapshots import Snapshots
from chassis.runtime.work import Work
from chassis.service import Aggregate
from chassis.store.port import Append, Collection, Commit, Reads, Store

_PAGE = 200
_SNAPSHOT_AFTER = 100  # events; loading them takes about as long as a commit


@dataclass(frozen=True, slots=True)
class Loaded:
    """The state and version of an aggregate; None and 0 if it does not exist.

    Attributes:
        state: The state.
        version: The version.
        snapshot: The version of its last snapshot.
        snapshots: How many snapshots of it were written.
    """

    state: Any
    version: int
    snapshot: int = 0
    snapshots: int = 0


class Repository(Protocol):
    """Loads and writes the aggregates of one class."""

    aggregate: Aggregate[Any, Any, Any]

    @property
    def collections(self) -> tuple[Collection, ...]:
        """The collections that the store must be prepared for."""
        ...

    async def load(self, work: Work, id: str) -> Loaded:
        """Return the aggregate `id`."""
        ...

    def write(
        self, work: Work, id: str, before: Loaded, state: Any, events: tuple[Outgoing, ...]
    ) -> None:
        """Add the events and the state after them to `work`.

        Args:
            work: The work.
            id: The id of the aggregate.
            before: The aggregate as it was loaded.
            state: The state after the events.
            events: The new events.
        """
        ...


class StateRepository:
    """The repository of state-stored aggregates."""

    def __init__(
        self, aggregate: Aggregate[Any, Any, Any], store: Store, patterns: Iterable[Pattern]
    ) -> None:
        self.aggregate = aggregate
        self.rows: Rows[Any] = Rows(
            store,
            names.aggregate(identity_of(aggregate)),
            aggregate.state,
            keys=aggregate.stored,
            id=aggregate.id,
            patterns=patterns,
        )

    @property
    def collections(self) -> tuple[Collection, ...]:
        """See `Repository`."""
        return (self.rows.collection,)

    async def load(self, work: Work, id: str) -> Loaded:
        """See `Repository`."""
        row = await self.rows.get(work, id)
        return Loaded(row.state, row.version) if row else Loaded(None, 0)

    def write(
        self, work: Work, id: str, before: Loaded, state: Any, events: tuple[Outgoing, ...]
    ) -> None:
        """See `Repository`."""
        version = before.version + len(events)
        self.rows.put(work, id, state, expected=before.version, version=version)


class EventRepository:
    """The repository of event-sourced aggregates. Their history is read in pages."""

    def __init__(self, aggregate: Aggregate[Any, Any, Any], messages: Catalog) -> None:
        self.aggregate = aggregate
        self._models = {messages.of(event).name: event for event in aggregate.events}
        self._snapshots = Snapshots(aggregate)

    @property
    def collections(self) -> tuple[Collection, ...]:
        """See `Repository`."""
        return (self._snapshots.collection,)

    async def load(self, work: Work, id: str) -> Loaded:
        """See `Repository`."""
        key = self.aggregate.state, id
        if key not in work.loaded:
            work.loaded[key] = await self._load(work, id)
        loaded: Loaded = work.loaded[key]
        return loaded

    async def as_of(
        self, reads: Reads, id: str, *, version: int | None = None, time: datetime | None = None
    ) -> Loaded:
        """Return the aggregate as it was.

        Args:
            reads: Where the events are read.
            id: The id of the aggregate.
            version: The last version to consider; None for all.
            time: The last time to consider; None for all.
        """

        def wanted(event: Envelope) -> bool:
            late = time is not None and event.time > time
            return not late and (version is None or (event.sequence or 0) <= version)

        return await self._replay(reads, id, Loaded(None, 0), wanted)

    def write(
        self, work: Work, id: str, before: Loaded, state: Any, events: tuple[Outgoing, ...]
    ) -> None:
        """See `Repository`. A snapshot is written when many events follow the last one."""
        version = before.version + len(events)
        append = Append(stream=self.stream(id), expected=before.version, events=events)
        after = Loaded(state, version, before.snapshot, before.snapshots)
        if version - before.snapshot < _SNAPSHOT_AFTER:
            work.add(Commit(appends=(append,)))
        else:
            put = self._snapshots.put(id, state, version, written=before.snapshots)
            work.add(Commit(appends=(append,), puts=(put,)))
            after = Loaded(state, version, version, before.snapshots + 1)
        work.loaded[self.aggregate.state, id] = after

    def stream(self, id: str) -> str:
        """Return the name of the stream of the aggregate `id`."""
        return f"{identity_of(self.aggregate)}:{id}"

    async def _load(self, work: Work, id: str) -> Loaded:
        snapshot = await self._snapshots.get(work, id)
        start = Loaded(snapshot.state, snapshot.version, snapshot.version, snapshot.written)
        return await self._replay(work, id, start, lambda event: True)

    async def _replay(
        self, reads: Reads, id: str, start: Loaded, wanted: Callable[[Envelope], bool]
    ) -> Loaded:
        state, version = start.state, start.version
        async for event in self._events(reads, self.stream(id), after=version):
            if not wanted(event):
                break
            message = decoded(self._models[event.type], event.data)
            state, version = evolved(self.aggregate.evolve, state, (message,)), version + 1
        return Loaded(state, version, start.snapshot, start.snapshots)

    async def _events(self, reads: Reads, stream: str, *, after: int) -> AsyncIterator[Envelope]:
        while page := await reads.history(stream, after=after, limit=_PAGE):
            for event in page:
                yield event
            after += len(page)
            if len(page) < _PAGE:
                return
