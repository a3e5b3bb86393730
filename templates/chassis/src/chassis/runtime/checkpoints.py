"""Checkpoints: how far a group has read each partition of a topic. They are stored with effects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from chassis.errors import Conflict
from chassis.hub.port import Hub
from chassis.service import Start
from chassis.store.port import (
    AccessPattern,
    Collection,
    Commit,
    Delete,
    Field,
    Kind,
    Put,
    Query,
    Store,
    Stored,
    equal,
)

_CHECKPOINTS = "chassis_checkpoints"
_MANY = 10_000

COLLECTION = Collection(
    name=_CHECKPOINTS,
    fields=(
        Field("reader", Kind.TEXT),
        Field("position", Kind.INTEGER),
        Field("log", Kind.TEXT, default='""'),
    ),
    patterns=(AccessPattern(by=("reader",)),),
)


_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a partition was read.

    Attributes:
        position: The position of the last handled message.
        version: The version of the document.
        log: The incarnation of the topic that has this position; empty if an older version of this
            package wrote it, which did not ask.
    """

    position: int
    version: int
    log: str = ""

    def is_in(self, log: str) -> bool:
        """Return whether this is a position in `log`, as far as is known."""
        return self.log in ("", log)


class Checkpoints:
    """The checkpoints of one group in one topic, which has `partitions` partitions.

    Positions hold for every number of partitions. After a change of that number, a partition begins
    at the lowest position of those before, and the inbox drops what comes again. The checkpoints of
    other numbers are removed when there is one of each partition.

    Attributes:
        topic: The topic.
        group: The group.
        partitions: The number of partitions.
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
        self.topic = topic
        self.group = group
        self._reader = f"{group}/{topic}"
        self.partitions = partitions
        self._start = start

    async def load(self, hub: Hub, partitions: Iterable[int]) -> dict[int, Checkpoint]:
        """Return the checkpoints of some partitions.

        A position in another incarnation of the topic, or beyond its end, says nothing: the hub has
        lost its messages or was restored from a backup. Then the partition begins anew.

        Raises:
            Conflict: Another process was faster.
        """
        log = await hub.incarnation(self.topic)
        stored = await self._stored(log)
        if not stored and self._start is Start.NOW:
            await self._begin_now(hub, log)
            stored = await self._stored(log)
        missing = Checkpoint(self._first(stored), 0, log)
        found = {each: stored.get(self._id(each), missing) for each in partitions}
        end = await hub.end(self.topic)
        lost = {p: at for p, at in found.items() if not at.is_in(log) or at.position > end[p]}
        found = {p: replace(at, log=log) for p, at in found.items()}
        return {**found, **await self._restart(lost, log)} if lost else found

    async def positions(self, log: str = "") -> Mapping[int, int]:
        """Return the positions of all partitions; 0 if a partition was never read.

        Args:
            log: The incarnation of the topic, of which 0 was read if positions are in another one;
                empty if that does not matter.
        """
        stored = await self._stored(log)
        first = self._first(stored)
        return {
            partition: found.position if (found := stored.get(self._id(partition))) else first
            for partition in range(self.partitions)
        }

    async def remove_others(self, mine: Sequence[int]) -> None:
        """Remove checkpoints of other numbers of partitions, if each partition here has its own.

        Processes with another number may do the same at this moment. A checkpoint that is written
        again lets only one of them succeed, so that one set is always complete. The processes whose
        checkpoints are removed begin at the lowest position of the others.

        Args:
            mine: The partitions of this process, whose checkpoints only this process writes.

        Raises:
            Conflict: Another process was faster.
        """
        stored = await self._stored()
        own = {partition: self._id(partition) for partition in range(self.partitions)}
        others = stored.keys() - own.values()
        if not mine or not others or not stored.keys() >= set(own.values()):
            return
        partition = min(mine)
        kept = stored[own[partition]]
        await self._store.commit(
            Commit(
                puts=(self.put(partition, kept.position, kept),),
                deletes=tuple(self._delete(id, stored[id]) for id in sorted(others)),
            )
        )

    async def remove(self) -> None:
        """Remove the checkpoints of a group that does not run any more."""
        deletes = tuple(self._delete(id, each) for id, each in (await self._stored()).items())
        await self._store.commit(Commit(deletes=deletes))

    def put(self, partition: int, position: int, before: Checkpoint) -> Put:
        """Return the write of a position."""
        return Put(
            collection=_CHECKPOINTS,
            id=self._id(partition),
            data=json.dumps({"reader": self._reader, "position": position, "log": before.log}),
            expected=before.version,
            version=before.version + 1,
        )

    async def _restart(self, lost: Mapping[int, Checkpoint], log: str) -> dict[int, Checkpoint]:
        """Let partitions begin anew. The inbox drops what was handled."""
        _log.error(
            "the event hub has lost messages: reading again from the beginning",
            topic=self.topic,
            group=self.group,
            partitions=sorted(lost),
        )
        puts = tuple(self.put(p, 0, replace(before, log=log)) for p, before in lost.items())
        await self._store.commit(Commit(puts=puts))
        return {p: Checkpoint(0, before.version + 1, log) for p, before in lost.items()}

    def _first(self, stored: Mapping[str, Checkpoint]) -> int:
        """Return where a partition without a checkpoint begins.

        Only the checkpoints of all partitions of another number say what has been handled.
        """
        counts: dict[int, list[int]] = {}
        for id, each in stored.items():
            counts.setdefault(int(id.rpartition("/")[2]), []).append(each.position)
        complete = (min(p) for n, p in counts.items() if n != self.partitions and len(p) == n)
        return max(complete, default=0)

    async def _begin_now(self, hub: Hub, log: str) -> None:
        """Write down the end of the topic, so that it stays the beginning of this group."""
        end = await hub.end(self.topic)
        puts = tuple(self.put(each, end[each], Checkpoint(0, 0, log)) for each in sorted(end))
        with suppress(Conflict):  # another process has just done the same
            await self._store.commit(Commit(puts=puts))

    async def _stored(self, log: str = "") -> dict[str, Checkpoint]:
        query = Query(collection=_CHECKPOINTS, where=(equal("reader", self._reader),), limit=_MANY)
        found = {stored.id: _checkpoint(stored) for stored in await self._store.find(query)}
        lost = {
            id: replace(at, position=0) for id, at in found.items() if log and not at.is_in(log)
        }
        return found | lost

    def _delete(self, id: str, stored: Checkpoint) -> Delete:
        return Delete(collection=_CHECKPOINTS, id=id, expected=stored.version)

    def _id(self, partition: int) -> str:
        return f"{self._reader}/{partition}/{self.partitions}"


def _checkpoint(stored: Stored) -> Checkpoint:
    data = json.loads(stored.data)
    return Checkpoint(data["position"], stored.version, data.get("log", ""))
