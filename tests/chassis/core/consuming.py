"""A consumer on a real store and an in-memory hub, with a handler that fails as it is told."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from chassis.clock import utc_now
from chassis.dead_letters import DeadLetter, DeadLetters
from chassis.envelope import Envelope, Outgoing
from chassis.hub.port import Topic
from chassis.messages import Catalog
from chassis.runtime import checkpoints
from chassis.runtime.checkpoints import Checkpoints
from chassis.runtime.committer import Committer
from chassis.runtime.consumer import Consumer, lease_name
from chassis.runtime.deliveries import Decoder, Handle, Reaction
from chassis.runtime.membership import Membership
from chassis.runtime.parts import Parts
from chassis.runtime.replays import Replays
from chassis.runtime.retries import Retry
from chassis.runtime.work import Work
from chassis.service import Start
from chassis.store.port import Collection, Commit, Field, Kind, Put, Received, Stored
from chassis.store.sqlite.store import SqliteStore
from chassis.telemetry import Metrics, Telemetry
from chassis.testing.memory_hub import MemoryHub

from tests.waiting import until

from . import market
from .running import FAST

TOPIC = "test.product.events"
EFFECTS = Collection(name="effects", fields=(Field("numbers", Kind.JSON, optional=True),))
LISTED, CHANGED = "ProductListed", "PriceChanged"


def envelope(subject: str = "s", number: int = 0, type: str = LISTED, **data: Any) -> Envelope:
    given = {"product_id": str(uuid4()), "name": str(number), "price": "1.50"}
    return Envelope(
        id=uuid4(),
        source="/test/product",
        type=type,
        subject=subject,
        time=datetime.now(UTC),
        data=data or given,
        correlation_id=uuid4(),
        traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01",
        sequence=number,
    )


def outgoing(sent: Envelope | bytes, type: str = LISTED) -> Outgoing:
    if isinstance(sent, Envelope):
        return Outgoing.of(TOPIC, sent)
    return Outgoing(topic=TOPIC, id=str(uuid4()), type=type, subject="s", data=sent)


class Handler:
    """Writes down each message, once, as its effect on the document of its subject.

    Attributes:
        errors: By the number of a message, what its next calls raise.
        calls: The numbers of the calls by subject.
        got: The messages that were handled.
    """

    def __init__(self, group: str = "group") -> None:
        self.errors: dict[int, list[Exception]] = defaultdict(list)
        self.calls: dict[str, list[int]] = defaultdict(list)
        self.got: list[Any] = []
        self._group = group

    def fail(self, number: int, *errors: Exception) -> None:
        self.errors[number] += errors

    async def __call__(self, message: Any, envelope: Envelope, work: Work) -> None:
        number = envelope.sequence or 0
        self.calls[envelope.subject].append(number)
        inbox = f"{self._group}:{envelope.id}"
        if work.handled(inbox):
            return
        document = await work.get(EFFECTS.name, envelope.subject)
        numbers, version = (_numbers(document), document.version) if document else ([], 0)
        put = Put(
            collection=EFFECTS.name,
            id=envelope.subject,
            data=json.dumps({"numbers": [*numbers, number]}),
            expected=version,
            version=version + 1,
        )
        work.add(Commit(puts=(put,), inbox=(Received(inbox),)))
        if self.errors[number]:
            raise self.errors[number].pop(0)
        self.got.append(message)


class Spy(Committer):
    """Counts commits, and fails instead of one, or after it, as it is told."""

    def __init__(self, store: SqliteStore, metrics: Metrics) -> None:
        super().__init__(store, metrics)
        self.commits: list[Commit] = []
        self.before: list[Exception] = []
        self.after: list[Exception] = []

    async def commit(self, work: Work) -> None:
        if self.before:
            raise self.before.pop(0)
        await super().commit(work)
        self.commits.append(work.changes)
        if self.after:
            raise self.after.pop(0)


class Consuming:
    """A consumer and what it needs. `run` runs it."""

    def __init__(
        self,
        store: SqliteStore,
        messages: Catalog,
        *handlers: Handle,
        hub: MemoryHub | None = None,
        strict: bool = False,
        partitions: int = 3,
        start: Start = Start.BEGINNING,
        reactions: Mapping[str, Reaction] | None = None,
        retry: Retry = FAST,
    ) -> None:
        self.store = store
        self.hub = hub or MemoryHub()
        self.letters = DeadLetters(store, utc_now)
        self.telemetry = Telemetry.of("unit")
        self.spy = Spy(store, self.telemetry.metrics)
        self.topic = Topic(name=TOPIC, partitions=partitions, retention=messages.retention)
        self.membership = Membership(store, [lease_name(p) for p in range(partitions)])
        self.checkpoints = Checkpoints(
            store, topic=TOPIC, group="group", partitions=partitions, start=start
        )
        parts = Parts(
            store=store,
            hub=self.hub,
            committer=self.spy,
            membership=self.membership,
            dead_letters=self.letters,
            retry=retry,
            telemetry=self.telemetry,
        )
        both = {
            LISTED: Reaction(market.ProductListed, handlers),
            CHANGED: Reaction(market.PriceChanged, handlers),
        }
        decoder = Decoder(reactions or both, strict=strict)
        self.consumer = Consumer(TOPIC, "group", decoder, self.checkpoints, parts)
        self.replays = Replays(lambda *_: self.consumer, self.letters, self.membership)
        self.task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Run the consumer in the background."""
        await self.hub.declare(self.topic)
        await self.store.prepare(
            (
                EFFECTS,
                checkpoints.COLLECTION,
                DeadLetters.collection,
                *self.membership.collections,
            )
        )
        await self.membership.join()
        self.task = asyncio.create_task(self.consumer.run())

    async def settled(self) -> None:
        """Wait until everything that was published is handled."""
        await until(lambda: self.hub.idle and self.consumer.idle)

    async def deliver(self, *sent: Envelope | bytes) -> None:
        """Publish messages, and wait until they are handled."""
        if self.task is None:
            await self.begin()
        for each in sent:
            self.hub.inject(outgoing(each))
        await self.settled()

    async def stop(self) -> None:
        assert self.task is not None
        self.consumer.stop()
        await self.task
        await self.membership.leave()

    async def kill(self) -> None:
        """End at once, as a killed process does: nothing is written any more."""
        if self.task is not None:

            async def nothing(work: Work) -> None:
                raise asyncio.CancelledError

            self.spy.commit = nothing  # type: ignore[method-assign]
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def effects(self, *subjects: str) -> dict[str, list[int]]:
        found = await self.store.get_many(EFFECTS.name, subjects or ("s",))
        return {id: _numbers(stored) for id, stored in found.items()}

    async def dead(self) -> list[DeadLetter]:
        return [letter for letter, _ in await self.letters.list()]


def _numbers(document: Stored) -> list[int]:
    numbers: list[int] = json.loads(document.data)["numbers"]
    return numbers
