"""Scenarios of streams say what is in windows, and fail if it is not."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from chassis.testing import NOW, StreamScenario

from . import market, sales
from .sales import A
from .test_stream_events import ProductRushed, at_least, with_event

SCENARIO = StreamScenario(sales.per_minute(sales.catalog("scenario")))
ORDER = market.OrderPlaced(
    order_id=UUID(int=1),
    customer_id=UUID(int=2),
    lines=[market.Line(product_id=A, quantity=2)],
    total=Decimal(1),
    placed_at=NOW,
)
MINUTE = timedelta(minutes=1)
LATER = timedelta(seconds=90)


def row(after: timedelta, sold: int) -> sales.SalesRow:
    revenue = Decimal("0.20")
    return sales.SalesRow(
        product_id=A,
        window_start=NOW + after,
        window_end=NOW + after + MINUTE,
        units=2 * sold,
        revenue=revenue * sold,
        dearest=revenue,
        sales=sold,
    )


def test_rows() -> None:
    SCENARIO.given(ORDER, ORDER).given(ORDER, after=LATER).then(row(MINUTE, 1), row(timedelta(), 2))
    with pytest.raises(AssertionError, match="missing"):
        SCENARIO.then(row(timedelta(), 1))
    with pytest.raises(AssertionError, match="not expected"):
        SCENARIO.given(ORDER).then()


def test_a_late_event() -> None:
    SCENARIO.given(ORDER, after=LATER).too_late(ORDER)
    with pytest.raises(AssertionError, match="it counts in a window"):
        SCENARIO.given(ORDER, after=LATER - timedelta(seconds=1)).too_late(ORDER)


def test_sessions() -> None:
    sessions = StreamScenario(sales.sessions(sales.catalog("scenario")))
    once = replace(row(timedelta(), 1), window_start=NOW, window_end=NOW + 10 * MINUTE)
    sessions.given(ORDER).then(once)
    sessions.given(ORDER, after=10 * MINUTE + timedelta(seconds=30)).too_late(ORDER)


def test_events() -> None:
    messages = with_event(sales.catalog("scenario"))
    rush = StreamScenario(sales.per_minute(messages, emits={ProductRushed: at_least(4)}))
    rushed = ProductRushed(**asdict(row(timedelta(), 2)))
    rush.given(ORDER).emits()
    rush.given(*[ORDER] * 3).emits(rushed)
    with pytest.raises(AssertionError, match="missing"):
        rush.given(ORDER).emits(rushed)
    with pytest.raises(AssertionError, match="not expected"):
        rush.given(ORDER, ORDER).emits()
    with pytest.raises(AssertionError, match="1 instead of 2"):
        rush.given(ORDER, ORDER).emits(rushed, rushed)
