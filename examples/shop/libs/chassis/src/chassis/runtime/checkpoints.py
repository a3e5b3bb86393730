"""Checkpoints: how far a group has read each partition of a topic. They are stored with effects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from chassis.errors import Conflict
from chassis.hub.port import Hub
from chassis.service import Start
from chassis.store.port import Collection, Commit, Delete, Kind, Put, Query, Sort, Store, equal

_CHECKPOINTS = "chassis_checkpoints"
_MANY = 10_000

COLLECTION = Collection(
    name=_CHECKPOINTS, fields=(("reader", Kind.PLAIN),), indexes=((Sort("reader"),),)
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The position of the last handled message, and the version of its document."""

    position: int
    version: int


class Checkpoints:
    """The checkpoints of one group in one topic, which has `partitions` partitions.

    Positions hold for every number of partitions. After a change of that number, a partition begins
    at the lowest position of those before, and the inbox drops what comes again.
    """

    def __init__(
        self, store: Store, *, topic: str, group: str, partitions: int, start: Start
    ) -> None:
        """Create access to checkpoints.

        Args:
            store: The store of the unit.
            topic: The topic.
            group: The group.
            partitions: The number of partitions of the topic.
            start: Where a group begins that has no checkpoints yet.
        """
        self._store = store
        self._topic = topic
        self._reader = f"{group}/{topic}"
        self.partitions = partitions
        self._start = start

    async def load(self, hub: Hub, partitions: Iterable[int]) -> dict[int, Checkpoint]:
        """Return the checkpoints of some partitions."""
        stored = await self._stored()
        if not stored and self._start is Start.NOW:
            await self._begin_now(hub)
            stored = await self._stored()
        missing = Checkpoint(self._first(stored), 0)
        return {each: stored.get(self._id(each), missing) for each in partitions}

    async def positions(self) -> Mapping[int, int]:
        """Return the positions of all partitions; 0 if a partition was never read."""
        stored = await self._stored()
        first = self._first(stored)
        return {
            partition: found.position if (found := stored.get(self._id(partition))) else first
            for partition in range(self.partitions)
        }

    async def remove(self) -> None:
        """Remove the checkpoints of a group that does not run any more."""
        deletes = tuple(
            Delete(collection=_CHECKPOINTS, id=id, expected=each.version)
            for id, each in (await self._stored()).items()
        )
        await self._store.commit(Commit(deletes=deletes))

    def put(self, partition: int, position: int, before: Checkpoint) -> Put:
        """Return the write of a position."""
        return Put(
            collection=_CHECKPOINTS,
            id=self._id(partition),
            data=json.dumps({"reader": self._reader, "position": position}),
            expected=before.version,
            version=before.version + 1,
        )

    def _first(self, stored: Mapping[str, Checkpoint]) -> int:
        """Return where a partition without a checkpoint begins.

        Only the checkpoints of all partitions of another number say what has been handled.
        """
        counts: dict[int, list[int]] = {}
        for id, each in stored.items():
            counts.setdefault(int(id.rpartition("/")[2]), []).append(each.position)
        complete = (min(p) for n, p in counts.items() if n != self.partitions and len(p) == n)
        return max(complete, default=0)

    async def _begin_now(self, hub: Hub) -> None:
        """Write down the end of the topic, so that it stays the beginning of this group."""
        end = await hub.end(self._topic)
        puts = tuple(self.put(each, end[each], Checkpoint(0, 0)) for each in sorted(end))
        with suppress(Conflict):  # another process has just done the same
            await self._store.commit(Commit(puts=puts))

    async def _stored(self) -> dict[str, Checkpoint]:
        query = Query(collection=_CHECKPOINTS, where=(equal("reader", self._reader),), limit=_MANY)
        return {
            stored.id: Checkpoint(json.loads(stored.data)["position"], stored.version)
            for stored in await self._store.find(query)
        }

    def _id(self, partition: int) -> str:
        return f"{self._reader}/{partition}/{self.partitions}"
