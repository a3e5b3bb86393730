"""Streams on real parts: what is in their rows, whatever happens to their processes."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from decimal import Decimal
from functools import reduce
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.dead_letters import DeadLetters
from chassis.envelope import Envelope, Outgoing
from chassis.health import ok
from chassis.hub.port import slot_of
from chassis.hub.topics import declare_all
from chassis.messages import Catalog
from chassis.runtime import ProjectionRuntime
from chassis.stream import Job, Stream, window_of

from . import market, sales
from .running import Running, eventually
from .sales import NOON, A, B, SalesRow, order
from .test_rebuild import read_models

Rows = set[tuple[UUID, float, float, int, Decimal, Decimal, int]]


def flat(row: SalesRow) -> tuple[UUID, float, float, int, Decimal, Decimal, int]:
    window = window_of(row)
    start, end = ((time - NOON).total_seconds() for time in (window.start, window.end))
    return row.product_id, start, end, row.units, row.revenue, row.dearest, row.sales


async def rows(runtime: ProjectionRuntime) -> Rows:
    found: list[Any] = []
    cursor = None
    while True:
        page = await runtime.search({}, {}, ("window_start",), 500, cursor)
        found += page.items
        if (cursor := page.next) is None:
            return {flat(row) for row in found}


async def publish(running: Running, *messages: Outgoing) -> None:
    await declare_all(running.hub, running.messages)
    for message in messages:
        await running.hub.publish(message)


async def until_handled(runtime: ProjectionRuntime, wanted: Rows) -> None:
    await eventually(lambda: rows(runtime), lambda seen: seen == wanted)


async def late(runtime: ProjectionRuntime) -> int:
    samples = await runtime.sources.stored()
    return next(int(s.value) for s in samples if s.name == "stream_late_events")


class Log:
    """The orders in the log, and what must come of them: a model of a stream in a few lines."""

    def __init__(self, messages: Catalog, stream: Stream[Any, Any]) -> None:
        self._messages = messages
        self._stream = stream
        self._orders: list[Outgoing] = []

    def add(self, *orders: Outgoing) -> tuple[Outgoing, ...]:
        self._orders += orders
        return orders

    def rows(self) -> Rows:
        latest: dict[int, Any] = {}
        found: list[Any] = []
        for each in self._orders:
            event = market.OrderPlaced.model_validate(each.envelope.data)
            partition = slot_of(each.subject) * self._messages.partitions // 64
            seen = latest.get(partition, event.placed_at)
            for window in self._stream.window.windows(event.placed_at):
                if window.end > seen - self._stream.watermark:
                    entries = self._stream.entries(event)
                    found += [self._stream.row_of(entry, window) for entry in entries]
            latest[partition] = max(seen, event.placed_at)
        return {flat(row) for row in self._merged(found)}

    def _merged(self, rows: list[Any]) -> list[Any]:
        while True:
            groups: list[list[Any]] = []
            for row in rows:
                mine = next((g for g in groups if self._belongs(row, g[0])), None)
                groups.append([row]) if mine is None else mine.append(row)
            merged = [reduce(self._stream.merged, group) for group in groups]
            if len(merged) == len(rows):
                return merged
            rows = merged

    def _belongs(self, one: Any, other: Any) -> bool:
        first, second = window_of(one), window_of(other)
        sessions = hasattr(self._stream.window, "gap")
        together = first.touches(second) if sessions else first == second
        return one.product_id == other.product_id and together


async def test_an_event_counts_in_its_window_once(running: Running) -> None:
    stream = await running.projection(sales.per_minute(running.messages))
    first = order(running.messages, 10, (A, 2), (B, 1))
    twice = order(running.messages, 61, (A, 7))
    await publish(running, first, order(running.messages, 59.9, (A, 3)), twice)
    await running.hub.publish(twice, again=True)
    await publish(running, order(running.messages, 62, (B, 1)))
    await until_handled(
        stream,
        {
            (A, 0, 60, 5, Decimal("0.50"), Decimal("0.30"), 2),
            (B, 0, 60, 1, Decimal("0.10"), Decimal("0.10"), 1),
            (A, 60, 120, 7, Decimal("0.70"), Decimal("0.70"), 1),
            (B, 60, 120, 1, Decimal("0.10"), Decimal("0.10"), 1),
        },
    )


async def test_a_late_event_is_left_out_and_counted(running: Running) -> None:
    stream = await running.projection(sales.per_minute(running.messages))
    id = uuid4()  # of one partition
    times = (0, 89.9, 30, 90, 30, 61)  # the second order at 30 comes when the watermark is at 60
    await publish(running, *(order(running.messages, t, (A, 1), order_id=id) for t in times))
    minute, next_minute = Decimal("0.20"), Decimal("0.30")
    await until_handled(
        stream,
        {
            (A, 0, 60, 2, minute, Decimal("0.10"), 2),
            (A, 60, 120, 3, next_minute, Decimal("0.10"), 3),
        },
    )
    assert await late(stream) == 1


async def test_a_partition_that_lags_loses_nothing(running: Running) -> None:
    stream = await running.projection(sales.per_minute(running.messages))
    ahead, behind = uuid4(), uuid4()
    while slot_of(str(ahead)) // 22 == slot_of(str(behind)) // 22:  # 64 slots in 3 partitions
        behind = uuid4()
    await publish(running, order(running.messages, 3600, (A, 1), order_id=ahead))
    hour = (A, 3600, 3660, 1, Decimal("0.10"), Decimal("0.10"), 1)
    await until_handled(stream, {hour})
    await publish(running, order(running.messages, 0, (A, 1), order_id=behind))
    await until_handled(stream, {hour, (A, 0, 60, 1, Decimal("0.10"), Decimal("0.10"), 1)})
    assert await late(stream) == 0


async def test_a_unit_does_not_touch_rows_that_a_job_writes(running: Running) -> None:
    here, elsewhere = Job("some", hub=running.hub.system), Job("some", hub="other")
    served = await running.projection(sales.per_minute(running.messages, job=here))
    own = replace(sales.per_minute(running.messages, job=elsewhere), name="own")
    stream = await running.projection(own)
    await publish(running, order(running.messages, 0, (A, 1)))
    await until_handled(stream, {(A, 0, 60, 1, Decimal("0.10"), Decimal("0.10"), 1)})
    assert served.topics == frozenset()
    assert await rows(served) == set()
    names = {sample.name for sample in (*await served.sources.stored(), *served.sources.known())}
    assert not names & {"projection_lag_seconds", "stream_late_events", "consumer_lag_messages"}
    assert set((await served.readiness()).values()) == {ok()}


async def test_sessions_grow_and_merge(running: Running) -> None:
    stream = await running.projection(sales.sessions(running.messages))
    await publish(running, *(order(running.messages, t, (A, 1)) for t in (0, 1100)))
    apart: Rows = {
        (A, 0, 600, 1, Decimal("0.10"), Decimal("0.10"), 1),
        (A, 1100, 1700, 1, Decimal("0.10"), Decimal("0.10"), 1),
    }
    await until_handled(stream, apart)
    await publish(running, order(running.messages, 550, (A, 4), (B, 1)))
    await until_handled(
        stream,
        {
            (A, 0, 1700, 6, Decimal("0.60"), Decimal("0.40"), 3),
            (B, 550, 1150, 1, Decimal("0.10"), Decimal("0.10"), 1),
        },
    )


async def test_an_event_that_cannot_be_handled_holds_up_no_other(running: Running) -> None:
    def entries(event: market.OrderPlaced) -> Any:
        if event.lines[0].quantity == 13:
            raise ValueError("unlucky")
        return sales.entries(event)

    stream = await running.projection(sales.per_minute(running.messages, entries=entries))
    id = uuid4()
    counts = (13, 1, 1)
    orders = [order(running.messages, 0, (A, units), order_id=id) for units in counts]
    await publish(running, *orders)
    await until_handled(stream, {(A, 0, 60, 2, Decimal("0.20"), Decimal("0.10"), 2)})
    store = running.store("sales")
    await store.prepare((DeadLetters.collection,))
    letters = DeadLetters(store, lambda: NOON)
    await eventually(letters.count, lambda count: count == 1)


STREAMS = pytest.mark.parametrize("declare", [sales.per_minute, sales.sessions])


def some_orders(messages: Catalog, count: int, subjects: int = 9) -> list[Outgoing]:
    """Orders of few products and few ids, out of order, in bursts, some of them late."""
    chance = random.Random(count)
    ids = [UUID(int=n) for n in range(subjects)]
    time, found = 0, []
    for _ in range(count):
        time += chance.choice((20, 20, 20, 20, 20, 1300))
        found.append(
            order(
                messages,
                time + chance.choice((0, 0, 0, -20, -200, -2000, 40)),
                *(
                    (chance.choice((A, B)), chance.randint(1, 5))
                    for _ in range(chance.randint(1, 3))
                ),
                order_id=chance.choice(ids),
            )
        )
    return found


@STREAMS
async def test_any_number_of_processes_give_the_same_rows(running: Running, declare: Any) -> None:
    log = Log(running.messages, declare(running.messages))
    members = [await running.projection(declare(running.messages)) for _ in range(3)]
    await publish(running, *log.add(*some_orders(running.messages, 300)))
    await until_handled(members[0], log.rows())


@STREAMS
async def test_processes_that_end_and_start_give_the_same_rows(
    running: Running, declare: Any
) -> None:
    log = Log(running.messages, declare(running.messages))
    orders = log.add(*some_orders(running.messages, 300))
    publishing = asyncio.create_task(publish(running, *orders))
    for _ in range(4):
        victim = await running.projection(declare(running.messages))
        await asyncio.sleep(0.05)
        await victim.close()  # at once: what it was doing is lost
    await publishing
    await until_handled(await running.projection(declare(running.messages)), log.rows())


@STREAMS
async def test_a_rebuild_gives_the_same_rows(running: Running, declare: Any) -> None:
    log = Log(running.messages, declare(running.messages))
    await publish(running, *log.add(*some_orders(running.messages, 200)))
    members = [await running.projection(declare(running.messages)) for _ in range(2)]
    await until_handled(members[0], log.rows())
    missed = await late(members[0])
    models = await read_models(running, "sales")
    await models.save((await models.load()).rebuild())
    await eventually(models.load, lambda model: model.live == 2 and model.retired is None)
    await until_handled(members[0], log.rows())
    assert await late(members[0]) == missed > 0
    await publish(running, *log.add(order(running.messages, 9_000_000, (A, 1))))
    await until_handled(members[1], log.rows())


def test_the_model_is_no_tautology() -> None:
    """Orders of the tests are late, and sessions of theirs merge."""
    messages = sales.catalog("model")
    log = Log(messages, sales.sessions(messages))
    orders = log.add(*some_orders(messages, 300))
    assert 10 < len(log.rows()) < 200
    assert max(end - start for _, start, end, *_ in log.rows()) > 1200
    added = sum(row[-1] for row in log.rows())
    assert 0 < added < sum(len(Envelope.from_json(each.data).data["lines"]) for each in orders)
