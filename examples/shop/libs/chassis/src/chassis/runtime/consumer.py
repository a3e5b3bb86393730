"""Consumers: read a topic for a group, handle messages in batches, and keep the checkpoints.

The messages of a batch are handled in order, and their effects are written in one commit, together
with the checkpoint. What fails or takes time goes on in the lane of its subject. The checkpoint
stays before the first message that is in a lane; what is read again after a crash is dropped by the
inbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from datetime import datetime

import structlog

from chassis.dead_letters import DeadLetter
from chassis.errors import AlreadyHandled, Conflict, Unavailable
from chassis.hub.port import Record
from chassis.runtime.attempts import Attempts, pause
from chassis.runtime.checkpoints import Checkpoints
from chassis.runtime.decisions import Impatient
from chassis.runtime.deliveries import Decoder, Delivery
from chassis.runtime.lag import Lag, unhandled, unread
from chassis.runtime.lanes import Lanes
from chassis.runtime.later import Later
from chassis.runtime.parts import Parts
from chassis.runtime.progress import Progress
from chassis.runtime.work import Work
from chassis.store.port import Commit, Delete

_BATCH_ATTEMPTS = 5
_BACKOFF = (0.1, 0.3, 1.0, 2.0)
_SAVE_AFTER = 0.2  # seconds from the end of work in a lane to its checkpoint
_SETTLE_AFTER = 1.0  # seconds without messages until the positions move to the end of the topic

_log = structlog.get_logger()


class Consumer:
    """Handles the messages of one topic for one group."""

    def __init__(
        self,
        topic: str,
        group: str,
        decoder: Decoder,
        checkpoints: Checkpoints,
        parts: Parts,
        *,
        by_subject: bool = True,
    ) -> None:
        """Create a consumer; `run` runs it.

        Args:
            topic: The topic.
            group: The group.
            decoder: Decodes the messages.
            checkpoints: How far the group has read, with a partition for each lease of the unit.
            parts: What the consumers of the unit share.
            by_subject: See `Group`.
        """
        self.topic = topic
        self.group = group
        self.problem: str | None = "not started"
        self._decoder = decoder
        self.checkpoints = checkpoints
        self._parts = parts
        self._stopping = asyncio.Event()
        self._attempts = Attempts(topic, group, parts, self._stopping)
        self._lanes = Lanes(self._attempts.handle, lambda: self._saving.request())
        self._progress = Progress(checkpoints, parts.store, parts.hub, parts.committer, self._lanes)
        self._saving = Later(_SAVE_AFTER, self._progress.save)
        self._settling = Later(_SETTLE_AFTER, lambda: self._progress.settle(decoder.types))
        self._leases = checkpoints.partitions
        self._reading: frozenset[int] = frozenset()
        self._slow: set[str] = set()
        self._by_subject = by_subject
        self._lag = Lag()
        self._metrics = parts.telemetry.metrics
        self._at_end = False
        self._changed = asyncio.Event()
        self._waiting: asyncio.Timeout | None = None

    @property
    def idle(self) -> bool:
        """Whether everything that has been read is handled, up to the end of the topic."""
        return self._at_end and self._lanes.idle

    @property
    def lag(self) -> Lag:
        """How far this process is behind with the partitions that it holds."""
        return self._lag.plus(self._lanes.lag)

    def share(self, partitions: int) -> None:
        """Let the leases share a topic that has this number of partitions; see `Hub.partitions`."""
        self.checkpoints.partitions = partitions

    async def run(self) -> None:
        """Read and handle messages until `stop`; errors are logged, and it goes on."""
        failures = 0
        with self._parts.membership.listening(self._on_leases):
            while not self._stopping.is_set():
                try:
                    await self._follow()
                    failures = 0
                except (Unavailable, Conflict) as error:
                    self.problem = f"{self.group}: {error or 'conflict'}"
                    _log.warning("consumer interrupted", group=self.group, reason=str(error))
                    await pause(_BACKOFF[min(failures, len(_BACKOFF) - 1)], self._stopping)
                    failures += 1
        self._stopping.clear()  # for the next start

    def stop(self) -> None:
        """Read no more, and finish what has been read or leave it to the next start."""
        self._stopping.set()
        self._interrupt()

    async def oldest_unhandled(self) -> datetime | None:
        """Return when the oldest message was published that the group has not handled, or None."""
        hub = self._parts.hub
        positions = await self.checkpoints.positions(await hub.incarnation(self.topic))
        backlog = await hub.backlog(self.topic, positions, self._decoder.types)
        return backlog.oldest

    async def replay(self, letter: DeadLetter, removal: Delete) -> None:
        """Handle the message of a dead letter again, and remove the dead letter.

        Raises:
            Exception: It cannot be handled.
        """
        more = Commit(deletes=(removal,))
        await self._attempts.attempt(self._decoder.decode(letter.record), more)

    def _on_leases(self) -> None:
        if self._mine != self._reading:
            self._interrupt()

    def _interrupt(self) -> None:
        """Make `_next` return None, whatever it waits for."""
        self._changed.set()
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    @property
    def _mine(self) -> frozenset[int]:
        names, partitions = self._parts.membership.owned, self.checkpoints.partitions
        return frozenset(p for p in range(partitions) if lease_name(p % self._leases) in names)

    async def _follow(self) -> None:
        """Read the partitions that this process holds, until that changes."""
        self._changed.clear()
        if self._stopping.is_set():
            return
        self._reading = mine = self._mine
        if not mine:
            self.problem = None
            await self._changed.wait()
            return
        await self._progress.begin(mine)
        reader = self._parts.hub.read(self.topic, self._progress.read, self._decoder.types)
        try:
            while (records := await self._next(reader)) is not None:
                self.problem = None
                self._at_end = not records
                self._lag = unhandled(records) if records else Lag()
                if records:
                    await self._handle(records)
                    self._lag = unread(records)
                self._settling.postpone()
        finally:
            self._at_end = False
            self._lag = Lag()
            try:
                await reader.aclose()
            finally:
                await self._leave()

    async def _next(
        self, reader: AsyncGenerator[tuple[Record, ...], None]
    ) -> tuple[Record, ...] | None:
        """Return the next batch; None if this process is to read other partitions, or none."""
        if self._changed.is_set():
            return None
        try:
            async with asyncio.timeout(None) as self._waiting:
                await self._lanes.room()
                return await anext(reader)
        except TimeoutError:
            return None
        finally:
            self._waiting = None

    async def _handle(self, records: Iterable[Record]) -> None:
        """Handle a batch. What must go to lanes gets there after the rest, so that order holds."""
        read = dict(self._progress.read)
        fast: list[Delivery] = []
        late: dict[str, list[Delivery]] = {}
        for record in records:
            read[record.partition] = record.position
            delivery = self._decoder.decode(record)
            subject = delivery.subject
            waits = self._by_subject and (subject in late or subject in self._lanes)
            if waits or self._needs_lane(delivery):
                late.setdefault(subject, []).append(delivery)
            else:
                fast.append(delivery)
        deferred = [delivery for deliveries in late.values() for delivery in deliveries]
        failed = await self._handle_batch(fast, deferred, read)
        # From here on, nothing waits: a checkpoint is never saved before these are in their lanes.
        for delivery in (*failed, *deferred):
            self._lanes.add(delivery)
        self._progress.read = read

    def _needs_lane(self, delivery: Delivery) -> bool:
        return delivery.error is not None or delivery.record.type in self._slow

    async def _handle_batch(
        self, deliveries: list[Delivery], deferred: list[Delivery], read: dict[int, int]
    ) -> list[Delivery]:
        """Write the effects of the messages in one commit, and return those that have failed.

        Args:
            deliveries: The messages.
            deferred: Other messages of the batch, which are handled later.
            read: The positions after the batch.

        Raises:
            Conflict: Others were faster, repeatedly, and the messages must stay in order.
        """
        handled: set[str] = set()
        for _ in range(_BATCH_ATTEMPTS):
            work = Work(self._parts.store, handled=handled, patient=False)
            try:
                failed = await self._carry_out(deliveries, work)
                await self._progress.commit(work, read, (*failed, *deferred))
            except AlreadyHandled as error:
                handled |= error.results.keys()
            except Conflict:
                await self._progress.reload()
            else:
                self._count_batch(deliveries, failed)
                return failed
        if not self._by_subject:
            raise Conflict
        return deliveries

    def _count_batch(self, deliveries: list[Delivery], failed: list[Delivery]) -> None:
        if deliveries:
            self._metrics.batch(self.group, len(deliveries) - len(failed))
        left = {id(delivery) for delivery in failed}
        for delivery in deliveries:
            if id(delivery) not in left:
                self._metrics.handled(self.group, delivery.record.type, "handled")

    async def _carry_out(self, deliveries: list[Delivery], work: Work) -> list[Delivery]:
        """Carry the messages out, and return those that must go on in their lanes."""
        failed: list[Delivery] = []
        blocked: set[str] = set()
        for delivery in deliveries:
            if self._by_subject and delivery.subject in blocked:
                failed.append(delivery)
                continue
            mark = work.mark
            try:
                await self._attempts.carry_out(delivery, work)
            except (Unavailable, Conflict):
                raise
            except Exception as error:
                if isinstance(error, Impatient):
                    self._slow.add(delivery.record.type)
                work.rollback(mark)
                blocked.add(delivery.subject)
                failed.append(delivery)
        return failed

    async def _leave(self) -> None:
        """Finish the lanes on a stop as far as possible; what is left is read again later."""
        try:
            if self._stopping.is_set():
                await self._lanes.finish()
        finally:
            await self._lanes.cancel()
        await self._settling.end()
        await self._saving.end()
        await self._progress.save()
        # Only now: a save must not find the lanes empty.
        self._progress.read = {}
        self._lanes.clear()


def lease_name(partition: int) -> str:
    """Return the name of the lease of a partition, in all topics that a unit reads."""
    return f"partition:{partition}"
