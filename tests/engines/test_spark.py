"""Streams whose rows a Spark job computes, from Kafka to PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from chassis.envelope import Envelope, Outgoing
from chassis.hub.topics import declare_all
from chassis.runtime import ProjectionRuntime
from chassis.stream import Stream

from tests.chassis.core.running import Running, eventually
from tests.engines.kiosk import NOON, PRODUCTS, Kiosk
from tests.servers.spark import SparkJob

A, B = PRODUCTS
Rows = dict[tuple[Any, ...], tuple[Any, ...]]


@pytest.fixture
def kiosk(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_url: str
) -> Iterator[Kiosk]:
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
    await asyncio.gather(*(running.hub.publish(message) for message in messages))


async def rows(runtime: ProjectionRuntime, view: Stream[Any, Any]) -> Rows:
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


async def until(
    runtime: ProjectionRuntime, view: Stream[Any, Any], job: SparkJob, wanted: Rows
) -> None:
    async def look() -> Rows:
        job.check()
        await asyncio.sleep(0.1)
        return await rows(runtime, view)

    await eventually(look, lambda seen: seen == wanted)


def counted(view: Stream[Any, Any], events: list[Outgoing]) -> Rows:
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
        connection.execute("LOCK TABLE busy_shops.rows IN EXCLUSIVE MODE")
        await publish(running, *new)
        await eventually(lambda: waiting(kiosk.url), bool)
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
        row = connection.execute("SELECT max(version) - 1 FROM busy_shops.rows").fetchone()
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
    """The recorded events: on three partitions, out of order, repeated, and then too late.

    Spark has one watermark, which moves between batches; the unit has one for each partition, which
    every event moves. They are the same while all partitions have come to the same time, and no
    event is so late that it matters which of those before it are in its batch.
    """
    view, twin = kiosk.stream("sold"), kiosk.twin("sold")
    unit, other, job = await running.projection(view), await running.projection(twin), job_of("sold")
    log = recorded(kiosk, NOON.minute, 120)
    await publish_in_order(running, log)
    job.start()
    await same(unit, other, view, job, events=len({event.id for event in log}))

    await publish_in_order(running, [kiosk.sale(600, (A, 1, "0.10"), partition=p) for p in range(3)])
    await eventually(lambda: watermark(job), lambda found: found == 600 - 30)
    on_time = [kiosk.sale(510, (A, 1, "0.10"), partition=p) for p in range(3)]
    late = [kiosk.sale(509.999, (A, 1, "99"), partition=p) for p in range(3)]
    assert {w.end for w in view.window.windows(NOON + timedelta(seconds=510))} > {NOON}
    await publish_in_order(running, [*late, *on_time, *log[-3:]])
    rows_ = await same(unit, other, view, job, events=len({event.id for event in log}) + 6)
    assert max(row[2] for row in rows_.values()) < 99
