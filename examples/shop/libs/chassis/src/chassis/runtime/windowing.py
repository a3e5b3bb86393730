"""Windowing: events are added to the rows of their windows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from chassis.envelope import Envelope
from chassis.messages import Event
from chassis.names import Name
from chassis.row_ids import row_id
from chassis.runtime.emitter import Change, Emitter
from chassis.runtime.rows import Rows
from chassis.runtime.watermarks import Watermarks
from chassis.runtime.work import Work
from chassis.store.port import Collection, Commit, Received, Store
from chassis.stream import Session, Stream, Window, window_of


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of one key that later events may extend."""

    windows: tuple[Window, ...]


class Windowing:
    """Adds events to the rows of their windows, each event once."""

    def __init__(
        self,
        stream: Stream[Any, Any],
        *,
        store: Store,
        rows: Rows[Any],
        sessions: Name | str,
        watermarks: Watermarks,
        group: str,
        emitter: Emitter | None = None,
        in_order: bool = True,
    ) -> None:
        """Create it.

        Args:
            stream: The stream.
            store: The store of the unit.
            rows: The rows.
            sessions: The name of the collection of open sessions.
            watermarks: The watermarks of the partitions.
            group: The consumer group, which is part of the inbox keys.
            emitter: Emits the events of the stream; None if it has none, or they are of the past.
            in_order: Whether partitions are read in the order of their log. Histories are not, so
                none of their events is late.
        """
        self._stream = stream
        self._rows = rows
        self._sessions = Rows(store, sessions, Sessions)
        self._watermarks = watermarks
        self._group = group
        self._emitter = emitter
        self._in_order = in_order

    @property
    def collections(self) -> tuple[Collection, ...]:
        """The collections besides that of the rows."""
        merging = isinstance(self._stream.window, Session)
        return (
            self._watermarks.collection,
            *((self._sessions.collection,) if merging else ()),
            *((self._emitter.happened,) if self._emitter else ()),
        )

    async def __call__(self, event: Event, envelope: Envelope, work: Work) -> None:
        """Add one event to its windows, and count it if it is late for one."""
        inbox = f"{self._group}:{envelope.id}"
        if work.handled(inbox):
            return
        time = self._stream.time_of(event, envelope.time)
        windows = self._stream.window.windows(time)
        if self._in_order:
            topic = self._stream.messages.of(type(event)).topic
            watermark = await self._watermarks.of(work, topic, envelope.subject)
            given, windows = windows, tuple(w for w in windows if not watermark.has_passed(w.end))
            watermark.advance(work, time, late=len(windows) < len(given))
        changes = [await self._add(work, row) for row in self._added(event, windows)]
        if self._emitter is not None:
            await self._emitter.emit(changes, envelope, work)
        work.add(Commit(inbox=(Received(inbox),)))

    def _added(self, event: Event, windows: Iterable[Window]) -> Iterable[Any]:
        """Return what an event adds: one row for each key and window."""
        found: dict[str, Any] = {}
        for entry in self._stream.entries(event):
            for window in windows:
                row = self._stream.row_of(entry, window)
                id = self._id(row, window.start)
                found[id] = self._stream.merged(found[id], row) if id in found else row
        return found.values()

    async def _add(self, work: Work, row: Any) -> Change:
        if isinstance(self._stream.window, Session):
            return await self._extend(work, row)
        return await self._merge(work, row, (window_of(row),))

    async def _extend(self, work: Work, row: Any) -> Change:
        """Merge a row with the sessions of its key that it touches."""
        id = self._id(row)
        known = await self._sessions.get(work, id)
        window = window_of(row)
        touching = tuple(w for w in _windows(known) if w.touches(window))
        others = tuple(w for w in _windows(known) if w not in touching)
        change = await self._merge(work, row, touching)
        earliest = await self._earliest(work)
        kept = (w for w in others if earliest is None or w.end + self._gap > earliest)
        after = Sessions(tuple(sorted((*kept, window_of(change.after)))))
        version = known.version if known else 0
        self._sessions.put(work, id, after, expected=version, version=version + 1)
        return change

    async def _merge(self, work: Work, row: Any, windows: Iterable[Window]) -> Change:
        """Merge a row with those of `windows`, if they exist."""
        ids = [self._id(row, window.start) for window in windows]
        found = {id: before for id in ids if (before := await self._rows.get(work, id))}
        states = tuple(before.state for before in found.values())
        merged = reduce(self._stream.merged, states, row)
        id = self._id(merged, window_of(merged).start)
        version = found[id].version if id in found else 0
        self._rows.put(work, id, merged, expected=version, version=version + 1)
        for other, before in found.items():
            if other != id:
                self._rows.delete(work, other, expected=before.version)
        return Change(states, merged)

    async def _earliest(self, work: Work) -> datetime | None:
        """Return the watermark of the stream when the work began, which is on the safe side."""
        key = (self._group, "watermark")
        if key not in work.loaded:
            messages = self._stream.messages
            topics = sorted({messages.of(event).topic for event in self._stream.events})
            work.loaded[key] = await self._watermarks.earliest(work, topics)
        earliest: datetime | None = work.loaded[key]
        return earliest

    @property
    def _gap(self) -> timedelta:
        window = self._stream.window
        return window.gap if isinstance(window, Session) else timedelta()

    def _id(self, row: Any, start: datetime | None = None) -> str:
        """Return the id of the key of a row, or of its window that begins at `start`."""
        return row_id((getattr(row, name) for name in self._stream.by), start)


def _windows(known: Any) -> tuple[Window, ...]:
    return known.state.windows if known else ()
