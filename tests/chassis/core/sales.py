"""Streams over the orders of the market, for the tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from chassis.envelope import Envelope, Outgoing
from chassis.messages import Catalog
from chassis.stream import Aggregate, Session, Stream, Tumbling, Windows

from . import market

A, B = UUID(int=0xA), UUID(int=0xB)
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesRow:
    product_id: UUID
    window_start: datetime
    window_end: datetime
    units: int
    revenue: Decimal
    dearest: Decimal
    sales: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesEntry:
    product_id: UUID
    units: int
    revenue: Decimal
    dearest: Decimal


def entries(event: market.OrderPlaced) -> Iterator[SalesEntry]:
    """What the lines of an order add; every unit costs 0.10."""
    for line in event.lines:
        revenue = line.quantity * Decimal("0.10")
        yield SalesEntry(
            product_id=line.product_id, units=line.quantity, revenue=revenue, dearest=revenue
        )


def per_minute(
    messages: Catalog,
    window: Windows = Tumbling(timedelta(minutes=1)),  # noqa: B008 (it is frozen)
    watermark: timedelta = timedelta(seconds=30),
    **options: Any,
) -> Stream[SalesRow, market.OrderPlaced]:
    return Stream(
        name="sales",
        messages=messages,
        row=SalesRow,
        entries=options.pop("entries", entries),
        by=("product_id",),
        time="placed_at",
        window=window,
        watermark=watermark,
        aggregates={
            "units": Aggregate.SUM,
            "revenue": Aggregate.SUM,
            "dearest": Aggregate.MAX,
            "sales": Aggregate.COUNT,
        },
        **options,
    )


def sessions(messages: Catalog, **options: Any) -> Stream[SalesRow, market.OrderPlaced]:
    return per_minute(messages, Session(timedelta(minutes=10)), **options)


def catalog(system: str) -> Catalog:
    return market.catalog(system)


def order(
    messages: Catalog, seconds: float, *lines: tuple[UUID, int], order_id: UUID | None = None
) -> Outgoing:
    """An order that was placed some seconds after noon, as its service publishes it."""
    id = order_id or uuid4()
    event = market.OrderPlaced(
        order_id=id,
        customer_id=uuid4(),
        lines=[market.Line(product_id=product, quantity=units) for product, units in lines],
        total=Decimal(1),
        placed_at=NOON + timedelta(seconds=seconds),
    )
    kind = messages.of(market.OrderPlaced)
    envelope = Envelope(
        id=uuid4(),
        source="/test/order",
        type=kind.name,
        subject=str(id),
        time=NOON,
        data=event.model_dump(mode="json"),
        correlation_id=uuid4(),
    )
    return Outgoing.of(kind.topic, envelope)
