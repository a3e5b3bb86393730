"""Streams whose rows a Spark job computes, from Kafka to PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from chassis.envelope import Outgoing
from chassis.hub.topics import declare_all
from chassis.runtime import ProjectionRuntime
from chassis.stream import Stream

from tests.chassis.core.running import Running, eventually
from tests.engines.kiosk import NOON, PRODUCTS, Kiosk
from tests.servers.spark import SparkJob

A, B = PRODUCTS
PATIENCE = 400.0  # seconds: the JVM is slow to start on a busy machine
View = Stream[Any, Any]
Rows = dict[tuple[Any, ...], tuple[Any, ...]]


@pytest.fixture
def kiosk(request: pytest.FixtureRequest, tmp_path: Path, postgres_url: str) -> Iterator[Kiosk]:
    name = request.node.name.removeprefix("test_")[:30].strip("_").replace("_", "")
    made = Kiosk(name, tmp_path, postgres_url)
    yield made
    made.remove()


@pytest.fixture
async def running(kiosk: Kiosk, kafka_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    async with Running(kafka_url, kiosk.messages, tmp_path, kiosk.url) as running:
        await declare_all(running.hub, kiosk.messages)
        yield running


@pytest.fixture
def job_of(kiosk: Kiosk, kafka_url: str, tmp_path: Path) -> Iterator[Callable[[str], SparkJob]]:
    """Return the job of a stream, which is not started."""
    jobs: list[SparkJob] = []
    urls = {"KAFKA_URL": kafka_url, "POSTGRESQL_URL": kiosk.url}

    def job(stream: str) -> SparkJob:
        jobs.append(SparkJob(tmp_path / f"{stream}-job", kiosk.root, stream, urls))
        return jobs[-1]

    yield job
    for each in jobs:
        each.kill()


async def publish(running: Running, *messages: Outgoing) -> None:
    """Publish messages in this order; what is there already is published again."""
    for message in messages:
        await running.hub.publish(message, again=True)


async def rows(runtime: ProjectionRuntime, view: View) -> Rows:
    """The rows as the unit serves them, by key and window."""
    found: list[Any] = []
    cursor = None
    while True:
        page = await runtime.search({}, {}, ("window_start",), 500, cursor)
        found += page.items
        if (cursor := page.next) is None:
            break
    keys = (*view.by, "window_start", "window_end")
    result = {
        tuple(getattr(row, name) for name in keys): tuple(
            getattr(row, name) for name in view.aggregates
        )
        for row in found
    }
    assert len(result) == len(found)
    return result


async def until(runtime: ProjectionRuntime, view: View, job: SparkJob, wanted: Rows) -> None:
    async def look() -> Rows:
        job.check()
        await asyncio.sleep(0.1)
        return await rows(runtime, view)

    await eventually(look, lambda seen: seen == wanted, PATIENCE)


def counted(view: View, events: list[Outgoing]) -> Rows:
    """How often each shop is in each window, if every event counts once."""
    found: Counter[tuple[Any, ...]] = Counter()
    for id in {event.id for event in events}:
        envelope = next(event.envelope for event in events if event.id == id)
        for window in view.window.windows(envelope.time):
            found[envelope.data["shop"], window.start, window.end] += 1
    return {key: (count,) for key, count in found.items()}


def some(kiosk: Kiosk, first: float, last: float, count: int) -> list[Outgoing]:
    """Sales and returns between two times, out of order, and some of them twice."""
    chance = random.Random(first)
    made: list[Outgoing] = []
    for _ in range(count):
        seconds, shop = chance.uniform(first, last), chance.choice(("north", "süd"))
        one = kiosk.sale(seconds, (A, 1, "1.00"), shop=shop)
        made.append(chance.choice((one, kiosk.returned(seconds, shop))))
    return made + made[::7]


async def test_a_job_that_is_killed_counts_each_event_once(
    kiosk: Kiosk, running: Running, job_of: Callable[[str], SparkJob]
) -> None:
    view = kiosk.stream("busy_shops")
    unit, job = await running.projection(view), job_of("busy_shops")
    log = some(kiosk, 0, 1800, 200)
    await publish(running, *log)
    job.start()
    await until(unit, view, job, before := counted(view, log))

    new = some(kiosk, 1750, 1850, 100)  # none is late
    with psycopg.connect(kiosk.url) as connection:  # within a batch: it waits for the table
        connection.execute("LOCK TABLE busy_shops.busy_shops IN EXCLUSIVE MODE")
        await publish(running, *new)
        await eventually(lambda: waiting(kiosk.url), bool, PATIENCE)
        job.kill()
    assert await rows(unit, view) == before
    log += new
    job.start()
    await until(unit, view, job, counted(view, log))

    job.kill()
    job.forget(last_written(kiosk.url))  # as if it was killed after the transaction
    new = some(kiosk, 1800, 1900, 100)
    await publish(running, *new, *log[:20])
    job.start()
    await until(unit, view, job, counted(view, log + new))


def last_written(url: str) -> int:
    """The number of the last batch that changed rows."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT max(version) - 1 FROM busy_shops.busy_shops").fetchone()
    assert row is not None
    return int(row[0])


async def waiting(url: str) -> int:
    """How many connections wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_job_gives_the_rows_of_the_unit(
    kiosk: Kiosk, running: Running, job_of: Callable[[str], SparkJob]
) -> None:
    """The same recorded events: on three partitions, out of order, repeated, and some too late.

    Spark has one watermark, which moves between batches. The unit has one for each partition, which
    every event moves. They agree on an event if, when it comes, all partitions have had an event of
    the same latest time, in an earlier batch. So that is waited for before late events come.
    """
    view, twin = kiosk.stream("sold"), kiosk.twin("sold")
    unit, other = await running.projection(view), await running.projection(twin)
    job = job_of("sold")
    both = Both(unit, other, view, job)
    await publish(running, *recorded(kiosk, 200))
    job.start()
    await both.until(lambda seen: sales(seen) == 200 * 2)

    await publish(running, *(kiosk.sale(570, (A, 1, "0.10"), partition=p) for p in range(3)))
    await eventually(lambda: watermark(job), lambda seconds: seconds == 570 - 30, PATIENCE)
    late = [kiosk.sale(539.999, (A, 1, "9999"), partition=p) for p in range(3)]
    in_time = [kiosk.sale(540, (A, 1, "3.5"), partition=p) for p in range(3)]
    await publish(running, *late, *in_time, *in_time[:1])
    found = await both.until(lambda seen: sales(seen) == 200 * 2 + 3 + 3)
    assert max(dearest for _, _, dearest, _, _ in found.values()) < 9999
    assert await late_events(other) == 3

    # Where they differ: a partition that lags by more than the watermark loses events.
    await publish(running, kiosk.sale(3600, (B, 1, "1"), partition=0))
    await eventually(lambda: watermark(job), lambda seconds: seconds == 3600 - 30, PATIENCE)
    lagging = kiosk.sale(700, (B, 9, "1"), partition=1)
    last = [kiosk.sale(3600, (B, 1, "1"), partition=p) for p in range(3)]
    await publish(running, lagging, *last)
    await both.each(lambda seen: sum(sold(seen, B, 3600)) == 4)
    theirs, ours = await rows(unit, view), await rows(other, twin)
    assert theirs.items() < ours.items()
    assert sold(ours, B, 660) == [9]
    assert sold(theirs, B, 660) == []


class Both:
    """The rows that a job has written, and those of a unit that computes them itself."""

    def __init__(
        self, unit: ProjectionRuntime, other: ProjectionRuntime, view: View, job: SparkJob
    ) -> None:
        self._units = (unit, other)
        self._view = view
        self._job = job

    async def until(self, wanted: Callable[[Rows], bool]) -> Rows:
        """Return them when both are what is wanted, and the same."""
        await self.each(wanted)
        one, other = [await rows(unit, self._view) for unit in self._units]
        assert one == other
        return one

    async def each(self, wanted: Callable[[Rows], bool]) -> None:
        """Return when both are what is wanted."""
        for unit in self._units:
            await eventually(lambda unit=unit: self._look(unit), wanted, PATIENCE)  # type: ignore[misc]

    async def _look(self, unit: ProjectionRuntime) -> Rows:
        self._job.check()
        await asyncio.sleep(0.1)
        return await rows(unit, self._view)


def recorded(kiosk: Kiosk, count: int) -> list[Outgoing]:
    """Sales of two lines in eight minutes, none of which comes 30 s after a later one."""
    chance = random.Random(count)
    made = [
        kiosk.sale(
            n / count * 450 + chance.random() * 30,
            *((each, chance.randint(1, 9), f"{n}.{chance.randint(0, 99):02}") for each in (A, B)),
        )
        for n in range(count)
    ]
    return made + made[::9]


def sales(found: Rows) -> int:
    """How many sales are in the windows."""
    return sum(count for *_, count in found.values())


def sold(found: Rows, product: UUID, seconds: float) -> list[int]:
    """The units of a product in the window that begins then."""
    start = NOON + timedelta(seconds=seconds)
    return [row[0] for key, row in found.items() if key[0] == product and key[2] == start]


async def late_events(unit: ProjectionRuntime) -> int:
    samples = await unit.sources.stored()
    return next(int(s.value) for s in samples if s.name == "stream_late_events")


async def watermark(job: SparkJob) -> float | None:
    """The watermark, in seconds after noon, that the next batch will use for late events."""
    job.check()
    await asyncio.sleep(0.1)
    names = (path.name for path in (job.checkpoint / "commits").glob("[0-9]*"))
    last = max(map(int, names), default=None)
    if last is None:
        return None
    (_, metadata, *_) = (job.checkpoint / "offsets" / str(last)).read_text().splitlines()
    return float(json.loads(metadata)["batchWatermarkMs"]) / 1000 - NOON.timestamp()
