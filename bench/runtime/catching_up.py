"""A projection that catches up with a log, beside the loop by hand over the same log."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from chassis.envelope import Envelope, Outgoing
from chassis.hub.nats.hub import NatsHub, connect_nats
from chassis.hub.nats.subjects import stream_name
from chassis.hub.port import Topic

from bench.runtime import floors
from tests.faults.stores.sqlite import SqliteStore
from tests.fleet.deployment import HUB, Deployment
from tests.fleet.processes import Fleet

_ORDERS = int(os.environ.get("BENCH_EVENTS", "30000")) // 3
EVENTS = 3 * _ORDERS
_UNIT = "order_history"
_TYPES = ("OrderPlaced", "OrderConfirmed", "OrderShipped")
_AT_ONCE = 300
_LIMIT = 1800.0
_POLL = 0.2
_SHIPPED = "SELECT count(*) FROM order_history WHERE status = 'shipped'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """How it went: events a second, and bytes of memory at a quarter and at the end."""

    events: int
    projection: float
    by_hand: float
    early: int
    late: int

    @property
    def growth(self) -> float:
        """Mebibytes for 100,000 events."""
        return (self.late - self.early) / (0.75 * self.events) * 100_000 / 2**20


async def catch_up(deployment: Deployment) -> Caught:
    """Fill a log, then let both read it, one after the other, alone on the machine."""
    wanted = [p for p in deployment.processes if p.name == HUB or p.unit == _UNIT]
    async with Fleet(replace(deployment, processes=tuple(wanted))) as fleet:
        running = fleet.running[wanted[1].name]
        await running.stop()
        topic = Topic(name="shop.order.events", partitions=12, retention=timedelta(days=30))
        hub = await connect_nats(deployment.nats_url, "bench")
        await hub.declare(topic)
        await _fill(hub, topic)
        await hub.close()
        wall, _ = await floors.loop_by_hand(deployment.nats_url, stream_name(topic.name), EVENTS)
        running.wanted = True
        await running.start()
        await _until_shipped(deployment, 1)
        began = time.perf_counter()
        await _until_shipped(deployment, _ORDERS // 4)
        early = running.memory()
        await _until_shipped(deployment, _ORDERS)
        return Caught(
            events=EVENTS,
            projection=EVENTS / (time.perf_counter() - began),
            by_hand=EVENTS / wall,
            early=early,
            late=running.memory(),
        )


async def _fill(hub: NatsHub, topic: Topic) -> None:
    """Publish the lives of orders; the events of one of them in order."""
    left = iter(range(_ORDERS))

    async def publish() -> None:
        for _ in left:
            order, customer = str(uuid4()), str(uuid4())
            for number, kind in enumerate(_TYPES, 1):
                envelope = _envelope(kind, order, customer, number)
                await hub.publish(Outgoing.of(topic.name, envelope))

    await asyncio.gather(*(publish() for _ in range(_AT_ONCE)))


def _envelope(kind: str, order: str, customer: str, sequence: int) -> Envelope:
    now = datetime.now(UTC)
    line = {"product_id": str(uuid4()), "quantity": 1, "unit_price": "5.00"}
    fields: dict[str, dict[str, object]] = {
        "OrderPlaced": {
            "customer_id": customer,
            "lines": [line],
            "total": "5.00",
            "placed_at": now.isoformat().replace("+00:00", "Z"),
        },
        "OrderConfirmed": {"customer_id": customer},
        "OrderShipped": {"lines": [line]},
    }
    return Envelope(
        id=uuid4(),
        source="/shop/order",
        type=f"shop.order.{kind}.v1",
        subject=order,
        time=now,
        data={"order_id": order, **fields[kind]},
        correlation_id=uuid4(),
        sequence=sequence,
    )


async def _until_shipped(deployment: Deployment, count: int) -> None:
    deadline = time.perf_counter() + _LIMIT
    store = SqliteStore(deployment.data / f"{_UNIT}.db")
    while store.query(_SHIPPED)[0][0] < count:
        if time.perf_counter() > deadline:
            raise TimeoutError(f"{count} orders were not handled in {_LIMIT:.0f} s")
        await asyncio.sleep(_POLL)
