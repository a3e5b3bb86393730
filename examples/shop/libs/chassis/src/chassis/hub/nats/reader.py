"""Reading the streams of topics: one consumer for each reader."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from nats.aio.client import Client
from nats.js import JetStreamContext

from chassis.errors import Unavailable
from chassis.hub.nats.consumer import Delivery, PullConsumer
from chassis.hub.nats.subjects import Selection, old_subjects, stream_name
from chassis.hub.port import Backlog, Record, Topic
from chassis.hub.requests import Requests


class Readers:
    """All that is read through one connection."""

    def __init__(self, client: Client, js: JetStreamContext, requests: Requests) -> None:
        self._client = client
        self._js = js
        self._requests = requests
        self._consumers: set[PullConsumer] = set()

    def fail(self, reason: str) -> None:
        """Make all readers fail."""
        for consumer in self._consumers:
            consumer.fail(reason)

    async def last_position(self, topic: str) -> int:
        """Return the position of the last message of a topic."""
        async with self._requests.guard():
            return (await self._js.stream_info(stream_name(topic))).state.last_seq

    async def incarnation(self, topic: str) -> str:
        """See `Hub.incarnation`: when the stream was created, which a restart does not change."""
        async with self._requests.guard():
            return str((await self._js.stream_info(stream_name(topic))).created)

    async def read(self, selection: Selection) -> AsyncGenerator[tuple[Record, ...], None]:
        """See `Hub.read`."""
        old = await self._has_old(selection)
        async with self._consumer(selection, selection.filters(old=old)) as (consumer, pending):
            if at_end := pending == 0:
                yield ()
            while True:
                deliveries = await consumer.take()
                if records := tuple(_records(selection, deliveries)):
                    yield records
                    at_end = False
                if not at_end and _ends(deliveries):
                    at_end = True
                    yield ()

    async def backlog(
        self, topic: Topic, after: Mapping[int, int], types: frozenset[str] | None
    ) -> Backlog:
        """See `Hub.backlog`."""
        last = await self.last_position(topic.name)
        behind: dict[int, dict[int, int]] = defaultdict(dict)
        for partition, position in after.items():
            if position < last:
                behind[position][partition] = position
        selections = [Selection.of(topic, same, types) for same in behind.values()]
        backlogs = await asyncio.gather(*map(self._backlog, selections))
        return Backlog(
            count=sum(backlog.count for backlog in backlogs),
            oldest=min((b.oldest for b in backlogs if b.oldest is not None), default=None),
        )

    async def _backlog(self, selection: Selection) -> Backlog:
        """Return the backlog of partitions that are at the same position."""
        filters = selection.exact_filters(old=await self._has_old(selection))
        if not filters:
            return Backlog(count=0, oldest=None)
        async with self._consumer(selection, filters) as (consumer, count):
            records: list[Record] = []
            at_end = count == 0
            while not records and not at_end:
                deliveries = await consumer.take()
                records += _records(selection, deliveries)
                at_end = _ends(deliveries)
        return Backlog(
            count=len(records) if at_end else count,
            oldest=records[0].time if records else None,
        )

    async def _has_old(self, selection: Selection) -> bool:
        """Return whether there are messages of older versions.

        Raises:
            Unavailable: The stream has not reached the positions, so that messages would be missed.
        """
        topic = selection.topic.name
        async with self._requests.guard():
            information = await self._js.stream_info(stream_name(topic), old_subjects(topic))
        last = information.state.last_seq
        if (furthest := max(selection.after.values())) > last:
            raise Unavailable(
                f"{topic} ends at {last}, but {furthest} was read: "
                "is this another event hub, or was an older state of it restored?"
            )
        return bool(information.state.subjects)

    @asynccontextmanager
    async def _consumer(
        self, selection: Selection, filters: list[str]
    ) -> AsyncGenerator[tuple[PullConsumer, int], None]:
        consumer = PullConsumer(self._client, self._js, stream_name(selection.topic.name))
        self._consumers.add(consumer)
        try:
            async with self._requests.guard():
                pending = await consumer.open(filters, selection.start)
            yield consumer, pending
        finally:
            self._consumers.discard(consumer)
            await consumer.close()


def _ends(deliveries: list[Delivery]) -> bool:
    return not deliveries or deliveries[-1].pending == 0


def _records(selection: Selection, deliveries: list[Delivery]) -> Iterator[Record]:
    for delivery in deliveries:
        time = datetime.fromtimestamp(delivery.nanoseconds / 1e9, UTC)
        record = selection.record(delivery, time)
        if record is not None:
            yield record
