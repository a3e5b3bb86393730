"""Progress: what one process has read of its partitions, and what is written as handled."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

import structlog

from chassis.errors import Conflict, Unavailable
from chassis.hub.port import Hub
from chassis.runtime.checkpoints import Checkpoint, Checkpoints
from chassis.runtime.committer import Committer
from chassis.runtime.deliveries import Delivery
from chassis.runtime.lanes import Lanes
from chassis.runtime.work import Work
from chassis.store.port import Commit, Store

_log = structlog.get_logger()


class Progress:
    """The positions of the partitions of one topic that this process reads for a group.

    Attributes:
        read: By partition, the position of the last message that was read.
    """

    def __init__(
        self, checkpoints: Checkpoints, store: Store, hub: Hub, committer: Committer, lanes: Lanes
    ) -> None:
        """Create it; `begin` loads the positions.

        Args:
            checkpoints: The stored positions.
            store: The store of the unit.
            hub: The hub.
            committer: Commits to that store.
            lanes: What was read, but is not handled yet.
        """
        self.read: dict[int, int] = {}
        self._checkpoints = checkpoints
        self._store = store
        self._hub = hub
        self._committer = committer
        self._lanes = lanes
        self._saved: dict[int, Checkpoint] = {}
        self._committing = asyncio.Lock()

    async def begin(self, partitions: Iterable[int]) -> None:
        """Load the positions of the partitions that this process reads from now on."""
        async with self._committing:
            self._saved = await self._checkpoints.load(self._hub, partitions)
        self.read = {partition: saved.position for partition, saved in self._saved.items()}

    async def reload(self) -> None:
        """Load the positions again: another process may have gone further."""
        async with self._committing:
            self._saved = await self._checkpoints.load(self._hub, self._saved)

    async def commit(
        self, work: Work, read: dict[int, int], unhandled: Iterable[Delivery] = ()
    ) -> None:
        """Commit a batch and its checkpoints.

        Args:
            work: The effects of the batch.
            read: The positions after it.
            unhandled: Its messages that are not handled.

        Raises:
            Conflict: A document or a checkpoint has another version.
        """
        async with self._committing:
            marks = self._watermarks(read, unhandled)
            self._add_checkpoints(work, marks)
            if work.mark:
                await self._committer.commit(work)
                self._advance(marks)

    async def save(self) -> None:
        """Write down what is handled. If that fails, it is written with the next batch."""
        try:
            await self.commit(Work(self._store), self.read)
        except Conflict:
            with suppress(Unavailable, Conflict):
                await self.reload()
        except Unavailable as error:
            _log.warning("checkpoint not saved", group=self._checkpoints.group, reason=str(error))

    async def settle(self, types: frozenset[str] | None) -> None:
        """Move partitions without messages to the end of the topic, when nothing is left to read.

        Then all positions are alike, and it is cheap to see that nothing waits. Checkpoints of
        other numbers of partitions are not needed any more.
        """
        try:
            await self._move_to_end(types)
            await self.save()
            await self._checkpoints.remove_others(tuple(self.read))
            await self.reload()
        except (Conflict, Unavailable) as error:
            _log.info("positions not moved", group=self._checkpoints.group, reason=str(error))

    async def _move_to_end(self, types: frozenset[str] | None) -> None:
        read = self.read
        end = await self._hub.end(self._checkpoints.topic)
        if all(position >= end[partition] for partition, position in read.items()):
            return
        # What comes from here on is behind `end`, and what is before it has been read.
        backlog = await self._hub.backlog(self._checkpoints.topic, read, types)
        if not backlog.count and self.read is read:
            self.read = {p: max(position, end[p]) for p, position in read.items()}

    def _watermarks(self, read: dict[int, int], unhandled: Iterable[Delivery]) -> dict[int, int]:
        """Return the position of each partition up to which everything is handled."""
        marks = dict(read)
        for partition in marks:
            if (first := self._lanes.first_position(partition)) is not None:
                marks[partition] = min(marks[partition], first - 1)
        for delivery in unhandled:
            record = delivery.record
            marks[record.partition] = min(marks[record.partition], record.position - 1)
        return {p: mark for p, mark in marks.items() if mark > self._saved[p].position}

    def _add_checkpoints(self, work: Work, marks: dict[int, int]) -> None:
        puts = tuple(self._checkpoints.put(p, mark, self._saved[p]) for p, mark in marks.items())
        if puts:
            work.add(Commit(puts=puts))

    def _advance(self, marks: dict[int, int]) -> None:
        for partition, mark in marks.items():
            saved = self._saved[partition]
            self._saved[partition] = replace(saved, position=mark, version=saved.version + 1)
