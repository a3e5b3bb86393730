"""The events of streams: changes of rows in, events out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from chassis.envelope import Envelope, Outgoing
from chassis.messages import Event
from chassis.names import Name
from chassis.row_ids import row_id
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.rows import Rows
from chassis.runtime.work import Work
from chassis.store.port import Collection, Commit, Store
from chassis.stream import Stream, window_of


@dataclass(frozen=True, slots=True)
class Change:
    """What an event of the log did to a row.

    Attributes:
        before: The row before it, or the rows that were merged; nothing for a new row.
        after: The row after it.
    """

    before: tuple[Any, ...]
    after: Any


@dataclass(frozen=True, slots=True)
class Times:
    """How often something happened."""

    times: int


class Emitter:
    """Emits the events of one generation of a stream.

    The first, second ... time that an event happens to a row is emitted once, by the generation
    that comes to it first. A generation that is built later, or in another order of the partitions,
    comes to the same numbers, so it emits nothing again and leaves nothing out. The id of an event
    derives from the row and the number.
    """

    def __init__(
        self,
        stream: Stream[Any, Any],
        store: Store,
        envelopes: EnvelopeFactory,
        *,
        happened: Name | str,
        emitted: Name | str,
    ) -> None:
        """Create it.

        Args:
            stream: The stream.
            store: The store of the unit.
            envelopes: Wraps the events.
            happened: The name of the collection of what happened in this generation.
            emitted: The name of the collection of what was emitted, by any generation.
        """
        self._stream = stream
        self._envelopes = envelopes
        self._happened = _Counts(store, happened)
        self._emitted = _Counts(store, emitted)

    @property
    def happened(self) -> Collection:
        """The collection of this generation."""
        return self._happened.collection

    @property
    def emitted(self) -> Collection:
        """The collection that all generations share."""
        return self._emitted.collection

    async def emit(self, changes: Iterable[Change], cause: Envelope, work: Work) -> None:
        """Add to `work` the events of `changes`, which one event of the log has caused."""
        outbox: list[Outgoing] = []
        for change in changes:
            await self._move(change, work)
            for event in self._stream.emitted(change.before, change.after):
                id = self._id(change.after, type(event))
                times = await self._happened.get(work, id) + 1
                await self._happened.put(work, id, times)
                if times > await self._emitted.get(work, id):
                    await self._emitted.put(work, id, times)
                    outbox.append(
                        self._envelopes.wrap(
                            event, id=uuid5(NAMESPACE_OID, f"{id}/{times}"), causation_id=cause.id
                        )
                    )
        if outbox:
            work.add(Commit(outbox=tuple(outbox)))

    async def _move(self, change: Change, work: Work) -> None:
        """Let a session that begins earlier than before, or was merged, keep its counts."""
        start = window_of(change.after).start
        moved = [row for row in change.before if window_of(row).start != start]
        for kind in self._stream.emits if moved else ():
            id = self._id(change.after, kind)
            for counts in (self._happened, self._emitted):
                known = [await counts.get(work, self._id(row, kind)) for row in moved]
                if max(known) > await counts.get(work, id):
                    await counts.put(work, id, max(known))

    def _id(self, row: Any, kind: type[Event]) -> str:
        """Return what tells an event of a row from all others."""
        key = (getattr(row, name) for name in self._stream.by)
        id = row_id(key, window_of(row).start)
        return str(uuid5(NAMESPACE_OID, f"{self._stream.messages.of(kind).name}/{id}"))


class _Counts:
    """Numbers by id; 0 at first."""

    def __init__(self, store: Store, name: Name | str) -> None:
        self._rows = Rows(store, name, Times)
        self.collection = self._rows.collection

    async def get(self, work: Work, id: str) -> int:
        found = await self._rows.get(work, id)
        return found.state.times if found else 0

    async def put(self, work: Work, id: str, times: int) -> None:
        found = await self._rows.get(work, id)
        version = found.version if found else 0
        self._rows.put(work, id, Times(times), expected=version, version=version + 1)
