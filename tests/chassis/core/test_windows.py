"""Windows of event time, and the aggregates of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from itertools import pairwise

import pytest
from chassis.stream import Aggregate, Hopping, Session, Tumbling, Window
from hypothesis import given
from hypothesis import strategies as st

from . import sales

TIMES = st.datetimes(
    min_value=datetime(1960, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)
)
SECONDS = st.integers(1, 100_000).map(lambda seconds: timedelta(seconds=seconds))


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2030-01-01T{clock}Z")


def test_a_tumbling_window_begins_at_a_multiple_of_its_size() -> None:
    (window,) = Tumbling(timedelta(minutes=5)).windows(at("12:07:31.5"))
    assert window == Window(at("12:05:00"), at("12:10:00"))


def test_a_window_begins_at_its_start_and_ends_before_its_end() -> None:
    minutes = Tumbling(timedelta(minutes=1))
    assert minutes.windows(at("12:00:00")) == (Window(at("12:00:00"), at("12:01:00")),)
    assert minutes.windows(at("12:01:00")) == (Window(at("12:01:00"), at("12:02:00")),)


def test_windows_do_not_depend_on_the_time_zone_of_an_event() -> None:
    days = Tumbling(timedelta(days=1))
    elsewhere = datetime(2030, 1, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert days.windows(elsewhere) == days.windows(elsewhere.astimezone(UTC))
    assert days.windows(elsewhere)[0].start == datetime(2029, 12, 31, tzinfo=UTC)


def test_hopping_windows_overlap() -> None:
    windows = Hopping(timedelta(minutes=3), every=timedelta(minutes=1)).windows(at("12:05:20"))
    assert [window.start for window in windows] == [at("12:03:00"), at("12:04:00"), at("12:05:00")]


def test_sessions_touch_when_the_gap_is_not_exceeded() -> None:
    (first,) = Session(timedelta(minutes=10)).windows(at("12:00:00"))
    assert first == Window(at("12:00:00"), at("12:10:00"))
    assert first.touches(Window(at("12:10:00"), at("12:20:00")))
    assert not first.touches(Window(at("12:10:00.000001"), at("12:20:00")))


@given(TIMES, SECONDS, st.integers(1, 50))
def test_a_time_is_in_each_of_its_windows(time: datetime, every: timedelta, hops: int) -> None:
    windows = Hopping(every * hops, every=every).windows(time)
    assert len(windows) == hops
    assert all(window.start <= time < window.end for window in windows)
    assert all(later.start - earlier.start == every for earlier, later in pairwise(windows))
    assert Hopping(every, every=every).windows(time) == Tumbling(every).windows(time)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    product_id: object
    units: int
    revenue: Decimal
    dearest: Decimal


ENTRIES = st.builds(
    Numbers,
    product_id=st.just(sales.A),
    units=st.integers(-1000, 1000),
    revenue=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), places=9),
    dearest=st.decimals(allow_nan=False, allow_infinity=False, places=2),
)


@given(st.lists(ENTRIES, min_size=2), st.randoms())
def test_aggregates_are_exact_in_any_order(entries: list[Numbers], random: object) -> None:
    stream = sales.per_minute(sales.catalog("pure"))
    window = Window(at("12:00:00"), at("12:01:00"))
    rows = [stream.row_of(entry, window) for entry in entries]
    whole = reduce(stream.merged, rows)
    random.shuffle(rows)  # type: ignore[attr-defined]
    assert reduce(stream.merged, rows) == whole
    assert whole.sales == len(entries)
    assert whole.units == sum(entry.units for entry in entries)
    assert Fraction(whole.revenue) == sum(Fraction(entry.revenue) for entry in entries)
    assert whole.dearest == max(entry.dearest for entry in entries)


@pytest.mark.parametrize("aggregate", Aggregate)
def test_an_aggregate_of_one_value_twice(aggregate: Aggregate) -> None:
    expected = 4 if aggregate in (Aggregate.COUNT, Aggregate.SUM) else 2
    assert aggregate.merged(2, 2) == expected
