"""Watermarks: how far the event time of a stream has come in each partition that it reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chassis.hub.port import Hub
from chassis.hub.topics import topic_of
from chassis.messages import Catalog
from chassis.names import Name
from chassis.results import Versioned
from chassis.runtime.rows import Rows
from chassis.runtime.work import Work
from chassis.store.port import Collection, Store

_MANY = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a partition has shown.

    Attributes:
        latest: The latest event time.
        late: How many events were late for a window.
    """

    latest: datetime
    late: int = 0


class Watermarks:
    """The watermarks of one generation of a stream.

    That of a partition is its latest event time so far, less the delay. That of the stream is the
    earliest of its partitions: no window that ends before it changes any more.
    """

    def __init__(
        self, *, store: Store, hub: Hub, messages: Catalog, name: Name | str, delay: timedelta
    ) -> None:
        """Create access to the watermarks.

        Args:
            store: The store of the unit.
            hub: The hub, which knows how many partitions a topic has.
            messages: The catalog of the system.
            name: The name of their collection.
            delay: How late an event may be.
        """
        self._rows = Rows(store, name, Mark)
        self._hub = hub
        self._messages = messages
        self._delay = delay

    @property
    def collection(self) -> Collection:
        """The collection."""
        return self._rows.collection

    async def of(self, work: Work, topic: str, subject: str) -> Watermark:
        """Return the watermark of the partition that has the events of `subject`."""
        known = replace(topic_of(self._messages, topic), partitions=self._hub.partitions(topic))
        id = _id(topic, known.partition_of(subject), known.partitions)
        return Watermark(self._rows, id, await self._rows.get(work, id), self._delay)

    async def earliest(self, work: Work, topics: Iterable[str]) -> datetime | None:
        """Return the watermark of the stream; None while a partition has had no event."""
        found = [
            await self._rows.get(work, _id(topic, partition, partitions))
            for topic in topics
            for partitions in (self._hub.partitions(topic),)
            for partition in range(partitions)
        ]
        latest = [mark.state.latest for mark in found if mark]
        return min(latest) - self._delay if len(latest) == len(found) else None

    async def marks(self) -> tuple[Mark, ...]:
        """Return those of all partitions that have had events."""
        return (await self._rows.search({}, {}, (), _MANY, None)).items


class Watermark:
    """The watermark of one partition, in one unit of work."""

    def __init__(
        self, rows: Rows[Mark], id: str, mark: Versioned[Mark] | None, delay: timedelta
    ) -> None:
        self._rows = rows
        self._id = id
        self._mark = mark
        self._delay = delay

    def has_passed(self, time: datetime) -> bool:
        """Return whether a window that ends at `time` is closed."""
        return self._mark is not None and time <= self._mark.state.latest - self._delay

    def advance(self, work: Work, time: datetime, *, late: bool) -> None:
        """Write down that the partition has had an event of this time."""
        before = self._mark.state if self._mark else Mark(latest=time)
        after = Mark(latest=max(before.latest, time), late=before.late + late)
        version = self._mark.version if self._mark else 0
        if version == 0 or after != before:
            self._rows.put(work, self._id, after, expected=version, version=version + 1)


def _id(topic: str, partition: int, partitions: int) -> str:
    return f"{topic}/{partition}/{partitions}"
