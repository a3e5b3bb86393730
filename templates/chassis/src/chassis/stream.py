"""Declarations of streams: windowed aggregates of events of any service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar

from chassis.annotations import parameter_types
from chassis.messages import Event
from chassis.projection import Key, MaterializedView

R = TypeVar("R")
E = TypeVar("E", bound=Event)

START, END = "window_start", "window_end"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT = Context(prec=1000)  # a sum of decimals is never rounded


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A span of event time, from `start` up to, but without, `end`."""

    start: datetime
    end: datetime

    def touches(self, other: Window) -> bool:
        """Return whether there is no gap between the two."""
        return self.start <= other.end and other.start <= self.end


@dataclass(frozen=True, slots=True)
class Tumbling:
    """Windows of one size, each beginning where the one before ends."""

    size: timedelta

    def windows(self, time: datetime) -> tuple[Window, ...]:
        """Return the window that `time` is in."""
        start = _floor(time, self.size)
        return (Window(start, start + self.size),)


@dataclass(frozen=True, slots=True)
class Hopping:
    """Windows of one size, one beginning `every` so often; `every` divides the size."""

    size: timedelta
    every: timedelta

    def windows(self, time: datetime) -> tuple[Window, ...]:
        """Return the windows that `time` is in, the earliest first."""
        last = _floor(time, self.every)
        starts = (last - self.every * hop for hop in reversed(range(self.size // self.every)))
        return tuple(Window(start, start + self.size) for start in starts)


@dataclass(frozen=True, slots=True)
class Session:
    """A window for each burst of events of a key; it ends `gap` after the last of them."""

    gap: timedelta

    def windows(self, time: datetime) -> tuple[Window, ...]:
        """Return the window of a single event; windows that touch are merged."""
        return (Window(time, time + self.gap),)


Windows: TypeAlias = Tumbling | Hopping | Session


class Aggregate(Enum):
    """How the values of a window become one."""

    COUNT = "count"
    SUM = "sum"
    MIN = "min"
    MAX = "max"

    def merged(self, one: Any, other: Any) -> Any:
        """Return the aggregate of two sets of values from the aggregates of both."""
        match self:
            case Aggregate.MIN:
                return min(one, other)
            case Aggregate.MAX:
                return max(one, other)
            case Aggregate.COUNT | Aggregate.SUM:
                return _EXACT.add(one, other) if isinstance(one, Decimal) else one + other


@dataclass(frozen=True, slots=True)
class Job:
    """A program on another engine which writes the rows, where the events are in that hub.

    Elsewhere, e.g. in the embedded mode, the unit itself writes them.

    Attributes:
        engine: The engine of the program.
        hub: The engine of the event hub.
    """

    engine: str
    hub: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream(MaterializedView[R], Generic[R, E]):
    """A read model with a row for each key and window.

    An event is late for a window if its partition has had an event with a time of `window.end +
    watermark` or later. It does not count in that window. So whether it counts depends only on the
    order of its partition, which is the same whenever the log is read.

    Attributes:
        entries: Returns what an event adds to windows: objects with the fields of `by`, and a field
            for each aggregate but counts.
        by: The fields of the key.
        window: The windows.
        watermark: How late an event may be.
        aggregates: The aggregates, by the field of the row.
        time: The field of the events with their time; None for the time of the envelope.
        job: What writes the rows instead of the unit, if something does.
    """

    entries: Callable[[E], Iterable[Any]]
    by: tuple[str, ...]
    window: Windows
    watermark: timedelta
    aggregates: Mapping[str, Aggregate]
    time: str | None = None
    job: Job | None = None

    def written_by(self, hub: str) -> Job | None:
        """Return the job that writes the rows of events in a hub of this engine."""
        return self.job if self.job and self.job.hub == hub else None

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The events that `entries` handles, from its annotations."""
        return parameter_types(self.entries, 0)

    @property
    def row_key(self) -> Key:
        """The key of the rows: the newest windows first."""
        return Key(partition=self.by, cluster=(f"-{START}",))

    def time_of(self, event: E, sent: datetime) -> datetime:
        """Return when `event`, which was `sent` then, happened."""
        return getattr(event, self.time) if self.time else sent

    def row_of(self, entry: Any, window: Window) -> R:
        """Return the row of a window with a single entry."""
        key = {name: getattr(entry, name) for name in self.by}
        values = {
            name: 1 if aggregate is Aggregate.COUNT else getattr(entry, name)
            for name, aggregate in self.aggregates.items()
        }
        values |= {START: window.start, END: window.end}
        return self.row(**key, **values)

    def merged(self, one: R, other: R) -> R:
        """Return the row of two windows with one key, which are the same or touch."""
        values = {
            name: aggregate.merged(getattr(one, name), getattr(other, name))
            for name, aggregate in self.aggregates.items()
        }
        first, last = window_of(one), window_of(other)
        start, end = min(first.start, last.start), max(first.end, last.end)
        return replace(one, window_start=start, window_end=end, **values)  # type: ignore[type-var]


def window_of(row: Any) -> Window:
    """Return the window of a row."""
    return Window(getattr(row, START), getattr(row, END))


def _floor(time: datetime, size: timedelta) -> datetime:
    """Return the last multiple of `size` since 1970, in UTC, that is not after `time`."""
    return time.astimezone(UTC) - (time - _EPOCH) % size
