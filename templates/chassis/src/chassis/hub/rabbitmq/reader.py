"""Reading partitions of a topic: a channel for each reader."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from chassis.hub.port import Record
from chassis.hub.rabbitmq.consumer import Consumer, Delivery
from chassis.hub.rabbitmq.messages import record_of

_BATCH = 256  # messages
_BATCH_BYTES = 1024 * 1024
_LOOK = 5.0  # seconds between two looks at the ends, while there is more to read


class Reader:
    """Reads until it is closed. It does not recover from anything: then a new one is needed."""

    def __init__(
        self,
        after: Mapping[int, int],
        types: frozenset[str] | None,
        find_ends: Callable[[], Awaitable[Mapping[int, int]]],
    ) -> None:
        """Create it; `batches` reads.

        Args:
            after: By partition, the position to continue after.
            types: The wanted message types; None for all.
            find_ends: Finds the position of the last message, by partition.
        """
        self._after = after
        self._types = types
        self._find_ends = find_ends
        self._read = dict(after)
        self._ends = dict(after)

    async def batches(self, consumer: Consumer) -> AsyncGenerator[tuple[Record, ...], None]:
        """See `Hub.read`."""
        at_end, looked = False, 0.0
        while True:
            if not (at_end or self._left or consumer.has_arrived) and await consumer.has_all():
                at_end = not consumer.has_arrived
                if at_end:
                    yield ()
            await consumer.wait()
            if not at_end and time.monotonic() - looked > _LOOK:
                self._ends |= await self._find_ends()
                looked = time.monotonic()
            records = self._records(consumer.take(_BATCH, _BATCH_BYTES))
            if records:
                at_end = False
                yield records

    def _records(self, deliveries: Iterable[Delivery]) -> tuple[Record, ...]:
        records: list[Record] = []
        for delivery in deliveries:
            partition, offset = delivery.partition, delivery.offset
            self._read[partition] = max(self._read[partition], offset)
            record = record_of(delivery.message, partition, offset, self._types)
            if record is not None and offset > self._after[partition]:
                records.append(record)
        left = self._left
        return tuple(
            replace(record, pending=len(records) - number + left)
            for number, record in enumerate(records, 1)
        )

    @property
    def _left(self) -> int:
        """The number of messages that are known to be there, and not read."""
        return sum(max(0, end - self._read[partition]) for partition, end in self._ends.items())
