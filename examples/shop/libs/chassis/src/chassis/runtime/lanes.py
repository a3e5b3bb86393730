"""Lanes: messages that are handled one by one for each subject, beside the batches.

A message that fails, or that waits for a port, moves to the lane of its subject. So it holds up
only later messages of the same subject.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from chassis.runtime.deliveries import Delivery
from chassis.runtime.lag import Lag
from chassis.tasks import end

_MESSAGES = 512
_BYTES = 8 * 1024 * 1024


class Lanes:
    """The lanes of one consumer, bounded in messages and bytes."""

    def __init__(
        self, handle: Callable[[Delivery], Awaitable[None]], done: Callable[[], None]
    ) -> None:
        """Create lanes.

        Args:
            handle: Handles a message, whatever it takes.
            done: Called when a message was handled.
        """
        self._handle = handle
        self._done = done
        self._lanes: dict[str, deque[Delivery]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._positions: dict[int, set[int]] = {}
        self._messages = self._bytes = 0
        self._room = asyncio.Event()

    def __contains__(self, subject: str) -> bool:
        return subject in self._lanes

    @property
    def idle(self) -> bool:
        """Whether no message is in a lane."""
        return self._messages == 0

    def first_position(self, partition: int) -> int | None:
        """Return the position of the first message of a partition that is in a lane, or None."""
        return min(self._positions.get(partition, ()), default=None)

    def add(self, delivery: Delivery) -> None:
        """Put a message into the lane of its subject."""
        record = delivery.record
        self._messages += 1
        self._bytes += len(record.data)
        self._positions.setdefault(record.partition, set()).add(record.position)
        if (lane := self._lanes.get(delivery.subject)) is not None:
            lane.append(delivery)
            return
        self._lanes[delivery.subject] = deque((delivery,))
        task = asyncio.create_task(self._run(delivery.subject))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def lag(self) -> Lag:
        """What is in the lanes."""
        oldest = [lane[0].record.time for lane in self._lanes.values() if lane]
        return Lag(self._messages, min(oldest, default=None))

    async def room(self) -> None:
        """Wait until there is room for more messages."""
        while self._messages >= _MESSAGES or self._bytes >= _BYTES:
            self._room.clear()
            await self._room.wait()

    async def finish(self) -> None:
        """Wait until all messages are handled, or given back."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def cancel(self) -> None:
        """Stop immediately. What was not handled keeps its position until `clear`."""
        await end(self._tasks)

    def clear(self) -> None:
        """Forget what was not handled; it is read again later."""
        self._lanes.clear()
        self._positions.clear()
        self._messages = self._bytes = 0

    async def _run(self, subject: str) -> None:
        lane = self._lanes[subject]
        while lane:
            await self._handle(lane[0])
            self._remove(lane.popleft())
        del self._lanes[subject]

    def _remove(self, delivery: Delivery) -> None:
        record = delivery.record
        self._messages -= 1
        self._bytes -= len(record.data)
        self._positions[record.partition].discard(record.position)
        self._room.set()
        self._done()
