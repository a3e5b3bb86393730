"""Consumers: read a topic for a group, handle messages in batches, and keep the checkpoints.

The messages of a batch are handled in order, and their effects are written in one commit, together
with the checkpoint. What fails or takes time goes on in the lane of its subject. The checkpoint
stays before the first message that is in a lane; what is read again after a crash is dropped by the
inbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from chassis.dead_letters import DeadLetter, DeadLetters
from chassis.envelope import Undecodable
from chassis.errors import AlreadyHandled, Conflict, TooLarge, Unavailable
from chassis.hub.port import Hub, Record
from chassis.runtime.checkpoints import Checkpoint, Checkpoints
from chassis.runtime.committer import Committer
from chassis.runtime.decisions import Impatient
from chassis.runtime.deliveries import Decoder, Delivery
from chassis.runtime.lanes import Lanes
from chassis.runtime.membership import Membership
from chassis.runtime.retries import Retry, retry_on_conflict
from chassis.runtime.work import Work
from chassis.store.port import Commit, Delete, Store

_BATCH_ATTEMPTS = 5
_BACKOFF = (0.1, 0.3, 1.0, 2.0)
_SAVE_AFTER = 0.2  # seconds from the end of work in a lane to its checkpoint

# Errors that no repetition mends.
_PERMANENT = (TooLarge, Undecodable)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the consumers of a unit share."""

    store: Store
    hub: Hub
    committer: Committer
    membership: Membership
    dead_letters: DeadLetters
    retry: Retry


class Consumer:
    """Handles the messages of one topic for one group."""

    def __init__(
        self, topic: str, group: str, decoder: Decoder, checkpoints: Checkpoints, parts: Parts
    ) -> None:
        """Create a consumer; `run` runs it.

        Args:
            topic: The topic.
            group: The group.
            decoder: Decodes the messages.
            checkpoints: How far the group has read.
            parts: What the consumers of the unit share.
        """
        self.topic = topic
        self.group = group
        self.problem: str | None = "not started"
        self._decoder = decoder
        self._checkpoints = checkpoints
        self._parts = parts
        self._lanes = Lanes(self._handle_alone, self._save_later)
        self._committing = asyncio.Lock()
        self._saved: dict[int, Checkpoint] = {}
        self._read: dict[int, int] = {}
        self._slow: set[str] = set()
        self._at_end = False
        self._stopping = False
        self._changed = asyncio.Event()
        self._waiting: asyncio.Timeout | None = None
        self._saving: asyncio.TimerHandle | None = None
        parts.membership.listen(self._interrupt)

    @property
    def idle(self) -> bool:
        """Whether everything that has been read is handled, up to the end of the topic."""
        return self._at_end and self._lanes.idle

    async def run(self) -> None:
        """Read and handle messages until `stop`; errors are logged, and it goes on."""
        failures = 0
        self._stopping = False
        while not self._stopping:
            try:
                await self._follow()
                failures = 0
            except (Unavailable, Conflict) as error:
                self.problem = f"{self.group}: {error or 'conflict'}"
                _log.warning("consumer interrupted", group=self.group, reason=str(error))
                await self._pause(_BACKOFF[min(failures, len(_BACKOFF) - 1)])
                failures += 1

    async def stop(self) -> None:
        """Read no more, and finish what has been read or leave it to the next start."""
        self._stopping = True
        self._interrupt()

    async def handled_until(self, time: datetime) -> bool:
        """Return whether the group has handled everything that was published until `time`."""
        positions = await self._checkpoints.positions()
        backlog = await self._parts.hub.backlog(self.topic, positions, self._decoder.types)
        return backlog.oldest is None or backlog.oldest > time

    async def replay(self, letter: DeadLetter, removal: Delete) -> None:
        """Handle the message of a dead letter again, and remove the dead letter.

        Raises:
            Exception: It cannot be handled.
        """
        await self._attempt(self._decoder.decode(letter.record), Commit(deletes=(removal,)))

    def _interrupt(self) -> None:
        self._changed.set()
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    @property
    def _mine(self) -> frozenset[int]:
        names = self._parts.membership.owned
        return frozenset(p for p in range(self._checkpoints.partitions) if lease_name(p) in names)

    async def _follow(self) -> None:
        """Read the partitions that this process holds, until that changes."""
        self._changed.clear()
        if not (mine := self._mine):
            self.problem = None
            await self._changed.wait()
            return
        self._saved = await self._checkpoints.load(self._parts.hub, mine)
        self._read = {partition: saved.position for partition, saved in self._saved.items()}
        reader = self._parts.hub.read(self.topic, self._read, self._decoder.types)
        try:
            while (records := await self._next(reader)) is not None:
                self.problem = None
                self._at_end = not records
                if records:
                    await self._handle(records)
        finally:
            self._at_end = False
            await reader.aclose()
            await self._leave_lanes()

    async def _next(
        self, reader: AsyncGenerator[tuple[Record, ...], None]
    ) -> tuple[Record, ...] | None:
        """Return the next batch; None if this process is to read other partitions, or none."""
        await self._lanes.room()
        if self._changed.is_set():
            return None
        try:
            async with asyncio.timeout(None) as self._waiting:
                return await anext(reader)
        except TimeoutError:
            return None
        finally:
            self._waiting = None

    async def _handle(self, records: Iterable[Record]) -> None:
        fast: list[Delivery] = []
        for record in records:
            self._read[record.partition] = record.position
            delivery = self._decoder.decode(record)
            if delivery.error or record.type in self._slow or delivery.subject in self._lanes:
                self._lanes.add(delivery)
            else:
                fast.append(delivery)
        await self._handle_batch(fast)

    async def _handle_batch(self, deliveries: list[Delivery]) -> None:
        """Write the effects of the messages in one commit; those that fail move to lanes."""
        handled: set[str] = set()
        for _ in range(_BATCH_ATTEMPTS):
            work = Work(self._parts.store, handled=handled, patient=False)
            try:
                failed = await self._carry_out(deliveries, work)
                await self._commit(work, failed)
            except AlreadyHandled as error:
                handled |= error.results.keys()
            except Conflict:
                await self._reload()
            else:
                for delivery in failed:
                    self._lanes.add(delivery)
                return
        for delivery in deliveries:
            self._lanes.add(delivery)

    async def _carry_out(self, deliveries: list[Delivery], work: Work) -> list[Delivery]:
        """Carry the messages out, and return those that must go on in their lanes."""
        failed: list[Delivery] = []
        blocked: set[str] = set()
        for delivery in deliveries:
            if delivery.subject in blocked:
                failed.append(delivery)
                continue
            mark = work.mark
            try:
                await delivery.carry_out(work)
            except (Unavailable, Conflict):
                raise
            except Exception as error:
                if isinstance(error, Impatient):
                    self._slow.add(delivery.record.type)
                work.rollback(mark)
                blocked.add(delivery.subject)
                failed.append(delivery)
        return failed

    async def _commit(self, work: Work, failed: Iterable[Delivery]) -> None:
        """Commit a batch and its checkpoints."""
        async with self._committing:
            before = self._watermarks(failed)
            self._add_checkpoints(work, before)
            await self._parts.committer.commit(work.changes)
            self._advance(before)

    def _watermarks(self, failed: Iterable[Delivery] = ()) -> dict[int, int]:
        """Return the position of each partition before which everything is handled."""
        marks = dict(self._read)
        for partition in marks:
            if (first := self._lanes.first_position(partition)) is not None:
                marks[partition] = min(marks[partition], first - 1)
        for delivery in failed:
            record = delivery.record
            marks[record.partition] = min(marks[record.partition], record.position - 1)
        return {p: mark for p, mark in marks.items() if mark > self._saved[p].position}

    def _add_checkpoints(self, work: Work, marks: dict[int, int]) -> None:
        puts = tuple(self._checkpoints.put(p, mark, self._saved[p]) for p, mark in marks.items())
        if puts:
            work.add(Commit(puts=puts))

    def _advance(self, marks: dict[int, int]) -> None:
        for partition, mark in marks.items():
            version = self._saved[partition].version + 1
            self._saved[partition] = Checkpoint(mark, version)

    async def _reload(self) -> None:
        """Read the checkpoints again: another process may have gone further."""
        self._saved = await self._checkpoints.load(self._parts.hub, self._saved)

    def _save_later(self) -> None:
        """Save the checkpoints soon after work in the lanes, unless a batch does it before."""
        if self._saving is None:
            loop = asyncio.get_running_loop()
            self._saving = loop.call_later(_SAVE_AFTER, self._begin_save)

    def _begin_save(self) -> None:
        self._saving = None
        self._save_task = asyncio.create_task(self._save())

    async def _save(self) -> None:
        work = Work(self._parts.store)
        with suppress(Unavailable, Conflict):  # then it is saved with the next batch
            await self._commit(work, ())

    async def _leave_lanes(self) -> None:
        """Finish the lanes on a stop as far as possible; what is left is read again later."""
        if self._stopping:
            await self._lanes.finish()
        await self._lanes.cancel()
        await self._save()
        self._lanes.clear()

    async def _handle_alone(self, delivery: Delivery) -> None:
        """Handle one message until it is handled or a dead letter; outages do not count."""
        failures = waits = 0
        while True:
            try:
                return await self._attempt(delivery)
            except (Unavailable, Conflict) as error:
                waits += 1
                _log.warning("message postponed", group=self.group, reason=str(error))
            except Exception as error:
                failures += 1
                permanent = delivery.error is not None or isinstance(error, _PERMANENT)
                if permanent or failures >= self._parts.retry.attempts:
                    attempts = 0 if delivery.error else failures
                    return await self._give_up(delivery, error, attempts)
                _log.exception("message failed", group=self.group, attempt=failures)
            await self._pause_in_lane(self._parts.retry.pause(failures + waits))

    async def _attempt(self, delivery: Delivery, more: Commit | None = None) -> None:
        handled: set[str] = set()
        while True:
            try:
                return await retry_on_conflict(partial(self._once, delivery, handled, more))
            except AlreadyHandled as error:
                handled |= error.results.keys()

    async def _once(self, delivery: Delivery, handled: set[str], more: Commit | None) -> None:
        work = Work(self._parts.store, handled=handled)
        await delivery.carry_out(work)
        if more is not None:
            work.add(more)
        await self._parts.committer.commit(work.changes)

    async def _give_up(self, delivery: Delivery, error: Exception, attempts: int) -> None:
        waits = 0
        while True:
            try:
                return await self._parts.dead_letters.add(
                    delivery.record,
                    topic=self.topic,
                    group=self.group,
                    subject=delivery.subject,
                    error=error,
                    attempts=attempts,
                )
            except Unavailable as unavailable:
                waits += 1
                _log.warning("dead letter postponed", reason=str(unavailable))
            await self._pause_in_lane(self._parts.retry.pause(waits))

    async def _pause_in_lane(self, seconds: float) -> None:
        """Wait; when the consumer stops, the message is left to the next start."""
        await self._pause(seconds)
        if self._stopping:
            raise asyncio.CancelledError

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()


def lease_name(partition: int) -> str:
    """Return the name of the lease of a partition, in all topics that a unit reads."""
    return f"partition:{partition}"
