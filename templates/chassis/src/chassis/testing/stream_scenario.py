"""Given, then: scenarios of streams, without runtime, store and hub."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast
from uuid import UUID

from chassis.codec import Codec
from chassis.envelope import Envelope
from chassis.hub.topics import topic_of
from chassis.messages import Event, Message, decoded, encoded
from chassis.runtime.emitter import Emitter
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.rows import Rows
from chassis.runtime.watermarks import Mark, Watermarks
from chassis.runtime.windowing import Windowing
from chassis.runtime.work import Work
from chassis.store.port import Store, Stored
from chassis.stream import Stream
from chassis.testing.memory_hub import MemoryHub
from chassis.testing.scenario import NOW

_ROWS, _WATERMARKS, _SESSIONS = "rows", "watermarks", "sessions"
_HAPPENED, _EMITTED = "happened", "emitted"


@dataclass(frozen=True, slots=True)
class StreamScenario:
    """An example of the windows of a stream. It is immutable.

    Use `StreamScenario(stream).given(*events).then(*rows)`, or end with `.emits(*events)` or
    `.too_late(event)`. All events are in one partition.
    """

    stream: Stream[Any, Any]
    events: tuple[tuple[Event, datetime], ...] = ()

    def given(self, *events: Event, after: timedelta = timedelta()) -> StreamScenario:
        """Add events that happen some time after `NOW`."""
        return replace(self, events=(*self.events, *(self._at(each, after) for each in events)))

    def then(self, *rows: Any) -> None:
        """Assert that there are exactly these rows, in any order."""
        work = asyncio.run(self._run())
        codec = Codec(self.stream.row)
        _compare([codec.decode(data) for data in _documents(work, _ROWS)], rows)

    def emits(self, *events: Event) -> None:
        """Assert that exactly these events of the stream happen, in any order."""
        work = asyncio.run(self._run())
        _compare([self._decoded(each.envelope) for each in work.changes.outbox], events)

    def _decoded(self, envelope: Envelope) -> Message:
        kind = self.stream.messages.named(envelope.type)
        assert kind is not None
        return decoded(kind.model, envelope.data)

    def too_late(self, event: Event, after: timedelta = timedelta()) -> None:
        """Assert that an event, which comes next, is too late for all of its windows."""
        before, then = (asyncio.run(s._run()) for s in (self, self.given(event, after=after)))
        assert _documents(then, _ROWS) == _documents(before, _ROWS), "it counts in a window"
        assert _late(then) == _late(before) + 1, "it is not late"

    def _at(self, event: Event, after: timedelta) -> tuple[Event, datetime]:
        time = NOW + after
        if self.stream.time is not None:
            event = event.model_copy(update={self.stream.time: time})
        return event, time

    async def _run(self) -> Work:
        """Handle the events in one unit of work."""
        stream, hub = self.stream, MemoryHub()
        for topic in {stream.messages.of(event).topic for event in stream.events}:
            await hub.declare(topic_of(stream.messages, topic))
        store = cast("Store", _Empty())
        windowing = Windowing(
            stream,
            store=store,
            rows=Rows(store, _ROWS, stream.row),
            sessions=_SESSIONS,
            watermarks=Watermarks(
                store=store,
                hub=hub,
                messages=stream.messages,
                name=_WATERMARKS,
                delay=stream.watermark,
            ),
            group=stream.name,
            emitter=Emitter(
                stream,
                store,
                EnvelopeFactory(stream.name, stream.messages, lambda: NOW),
                happened=_HAPPENED,
                emitted=_EMITTED,
            ),
        )
        work, numbers = Work(store), count(1)
        for event, time in self.events:
            await windowing(event, _envelope(stream, event, time, next(numbers)), work)
        return work


class _Empty:
    """A store with nothing in it."""

    async def get(self, collection: str, id: str) -> Stored | None:
        return None

    async def get_many(self, collection: str, ids: tuple[str, ...]) -> Mapping[str, Stored]:
        return {}


def _envelope(stream: Stream[Any, Any], event: Event, time: datetime, number: int) -> Envelope:
    return Envelope(
        id=UUID(int=number),
        source="/scenario",
        type=stream.messages.of(type(event)).name,
        subject="scenario",
        time=time,
        data=encoded(event),
        correlation_id=UUID(int=number),
    )


def _documents(work: Work, collection: str) -> list[str]:
    return [put.data for put in work.changes.puts if put.collection == collection]


def _late(work: Work) -> int:
    codec = Codec(Mark)
    return sum(codec.decode(data).late for data in _documents(work, _WATERMARKS))


def _compare(found: list[Any], wanted: Sequence[Any]) -> None:
    missing = [each for each in wanted if each not in found]
    others = [each for each in found if each not in wanted]
    assert not missing, f"missing{_lines(missing)}\nnot expected{_lines(others)}"
    assert not others, f"not expected{_lines(others)}"
    assert len(found) == len(wanted), f"{len(found)} instead of {len(wanted)}{_lines(found)}"


def _lines(rows: list[Any]) -> str:
    return "".join(f"\n  {row!r}" for row in rows) or " nothing"
