"""The work: what hubs publish and read, and what stores commit."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import UUID, uuid4

from chassis.envelope import Envelope, Outgoing
from chassis.hub.port import Hub, Topic
from chassis.store.port import AccessPattern, Collection, Commit, Field, Kind, Put, Received, Store

PARTITIONS = 4
MESSAGES, SUBJECTS = 20_000, 1_000
COMMANDS, AT_ONCE = 4_000, 64
CARTS = Collection(
    name="carts",
    id="customer_id",
    fields=(
        Field("customer_id", Kind.UUID),
        Field("product_id", Kind.UUID),
        Field("quantity", Kind.INTEGER),
        Field("price", Kind.DECIMAL),
        Field("changed_at", Kind.INSTANT),
    ),
)

CARTS_BY_PRICE = replace(CARTS, patterns=(AccessPattern(by=("price",)),))

Command: TypeAlias = Callable[[UUID, int], Awaitable[None]]


def new_topic() -> Topic:
    """Return a topic that nobody else uses."""
    return Topic(name=f"bench-{uuid4().hex}", partitions=PARTITIONS, retention=timedelta(days=1))


def messages(topic: str) -> list[Outgoing]:
    """Return events of about 500 bytes: those of all subjects take turns."""
    subjects = [str(uuid4()) for _ in range(SUBJECTS)]
    return [
        Outgoing.of(topic, _event(subjects[number % SUBJECTS], number // SUBJECTS + 1))
        for number in range(MESSAGES)
    ]


async def publish(hub: Hub, outgoing: Iterable[Outgoing]) -> float:
    """Publish, those of a subject one after the other, and return the messages a second."""
    lanes: dict[str, list[Outgoing]] = {}
    for message in outgoing:
        lanes.setdefault(message.subject, []).append(message)

    async def publish_lane(lane: list[Outgoing]) -> None:
        for message in lane:
            await hub.publish(message)

    begin = time.perf_counter()
    await asyncio.gather(*map(publish_lane, lanes.values()))
    return MESSAGES / (time.perf_counter() - begin)


async def read(hub: Hub, topic: str) -> float:
    """Read a topic from its beginning to its end, and return the messages a second."""
    seen, begin = 0, time.perf_counter()
    async with aclosing(hub.read(topic, dict.fromkeys(range(PARTITIONS), 0))) as batches:
        async for batch in batches:
            seen += len(batch)
            if seen >= MESSAGES:
                break
    return MESSAGES / (time.perf_counter() - begin)


async def commands(command: Command) -> float:
    """Carry out commands, one after the other for each customer; return the commands a second."""

    async def of_one_customer() -> None:
        customer = uuid4()
        for version in range(1, COMMANDS // AT_ONCE + 1):
            await command(customer, version)

    begin = time.perf_counter()
    await asyncio.gather(*(of_one_customer() for _ in range(AT_ONCE)))
    return COMMANDS / (time.perf_counter() - begin)


def committing(store: Store) -> Command:
    """Return the command on a store: the state, the result in the inbox, an event in the outbox."""

    async def command(customer: UUID, version: int) -> None:
        event = _event(str(customer), version)
        await store.commit(
            Commit(
                puts=(_put(customer, version),),
                inbox=(Received(str(event.id), '{"version": 1}'),),
                outbox=(Outgoing.of("cart", event),),
            )
        )

    return command


def projecting(store: Store) -> Command:
    """Return the effect of an event on a read model: the row, the event in the inbox."""

    async def command(customer: UUID, version: int) -> None:
        event = _event(str(customer), version)
        commit = Commit(puts=(_put(customer, version),), inbox=(Received(str(event.id)),))
        await store.commit(commit)

    return command


def _put(customer: UUID, version: int) -> Put:
    return Put(
        collection=CARTS.name,
        id=str(customer),
        data=json.dumps(cart(customer)),
        expected=version - 1,
        version=version,
    )


def cart(customer: UUID) -> dict[str, object]:
    """Return the state of the aggregate."""
    return {
        "customer_id": str(customer),
        "product_id": str(uuid4()),
        "quantity": 3,
        "price": "19.90",
        "changed_at": datetime.now(UTC).isoformat(),
    }


def event_of(customer: UUID, version: int) -> Outgoing:
    """Return the event of a command."""
    return Outgoing.of("cart", _event(str(customer), version))


def _event(subject: str, version: int) -> Envelope:
    return Envelope(
        id=uuid4(),
        source="/bench/cart",
        type="bench.ItemPutInCart.v1",
        subject=subject,
        time=datetime.now(UTC),
        data={"customer_id": subject, "product_id": str(uuid4()), "quantity": 3, "price": "19.90"},
        correlation_id=uuid4(),
        sequence=version,
    )
