"""Events of streams on real parts: as often as they happened, whatever happens to processes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import pytest
from chassis import names
from chassis.envelope import Envelope
from chassis.health import ok
from chassis.hub.port import Hub
from chassis.hub.topics import declare_all
from chassis.messages import Catalog, Event, MessageType
from chassis.row_ids import row_id
from chassis.runtime import ProjectionRuntime
from chassis.runtime.emitter import Emitter
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.generations import History, group_name, rows_of
from chassis.runtime.watermarks import Watermarks
from chassis.runtime.windowing import Windowing
from chassis.runtime.work import Work
from chassis.store.port import Store
from chassis.stream import Stream

from . import market, sales
from .running import Running, eventually
from .sales import NOON, A, B, SalesRow, order
from .test_rebuild import read_models
from .test_streams import Log, publish, rows, some_orders, until_handled


class ProductRushed(Event):
    product_id: UUID
    window_start: datetime
    window_end: datetime
    units: int
    revenue: Decimal
    dearest: Decimal
    sales: int


def with_event(catalog: Catalog) -> Catalog:
    """The catalog, with the event of a stream."""
    rushed = MessageType(
        ProductRushed,
        name=f"{catalog.system}.sales.ProductRushed.v1",
        topic=f"{catalog.system}.sales.events",
        subject="product_id",
    )
    return replace(catalog, messages=(*catalog.messages, rushed))


def at_least(units: int) -> Callable[[SalesRow], bool]:
    return lambda row: row.units >= units


def emitting(
    running: Running,
    holds: Callable[[SalesRow], bool],
    declare: Callable[..., Stream[Any, Any]] = sales.per_minute,
) -> Stream[Any, Any]:
    """A stream that emits the event, which is in the catalog from then on."""
    running.messages = with_event(running.messages)
    return declare(running.messages, emits={ProductRushed: holds})


async def emitted(running: Running) -> list[Envelope]:
    return await running.published(running.messages.of(ProductRushed).topic)


def seen(envelope: Envelope) -> tuple[UUID, float, int]:
    """The product, the beginning of the window, and the units of an event."""
    event = ProductRushed.model_validate(envelope.data)
    return event.product_id, (event.window_start - NOON).total_seconds(), event.units


async def until_emitted(running: Running, *wanted: tuple[UUID, float, int]) -> list[Envelope]:
    """Wait for a number of events, and compare them in the order of the topic for each product."""
    found = await eventually(lambda: emitted(running), lambda now: len(now) >= len(wanted))
    for product in (A, B):
        mine = [seen(each) for each in found if each.subject == str(product)]
        assert mine == [each for each in wanted if each[0] == product]
    return found


async def test_an_event_happens_when_its_condition_becomes_true(running: Running) -> None:
    stream = await running.projection(emitting(running, at_least(5)))
    id = uuid4()  # of one partition
    orders = [
        order(running.messages, seconds, *lines, order_id=id)
        for seconds, lines in (
            (0, [(A, 4)]),
            (1, [(A, 2), (B, 9)]),
            (2, [(A, 1), (B, 1)]),  # both conditions hold already
            (70, [(A, 7)]),  # another window
        )
    ]
    await publish(running, *orders)
    found = await until_emitted(running, (A, 0, 6), (B, 0, 9), (A, 60, 7))
    await until_handled(stream, (await rows(stream)))
    first = next(each for each in found if seen(each) == (A, 0, 6))
    cause = orders[1].envelope
    kind = running.messages.of(ProductRushed)
    row = uuid5(NAMESPACE_OID, f"{kind.name}/{row_id([A], NOON)}")
    assert first.id == uuid5(NAMESPACE_OID, f"{row}/1")
    assert (first.causation_id, first.correlation_id) == (cause.id, cause.correlation_id)
    assert (first.type, first.source) == (kind.name, f"/{running.messages.system}/sales")
    assert ProductRushed.model_validate(first.data).revenue == Decimal("0.60")
    assert set((await stream.readiness()).values()) == {ok()}
    await eventually(lambda: waiting(stream), lambda count: count == 0)


async def test_an_event_of_the_log_counts_as_a_whole(running: Running) -> None:
    await running.projection(emitting(running, lambda row: 3 <= row.units < 5))
    id = uuid4()
    await publish(
        running,
        order(running.messages, 0, (A, 3), (A, 3), order_id=id),  # 6 in one step
        order(running.messages, 1, (B, 2), (B, 2), order_id=id),  # 4 in one step
    )
    await until_emitted(running, (B, 0, 4))


async def test_a_condition_that_becomes_true_again_is_another_event(running: Running) -> None:
    await running.projection(emitting(running, lambda row: row.units % 2 == 1))
    id = uuid4()
    steps = [order(running.messages, n, (A, 1), order_id=id) for n in range(6)]
    await publish(running, *steps)
    await running.hub.publish(steps[-2], again=True)
    found = await until_emitted(running, (A, 0, 1), (A, 0, 3), (A, 0, 5))
    assert len({each.id for each in found}) == 3


async def test_a_late_event_makes_nothing_happen(running: Running) -> None:
    stream = await running.projection(emitting(running, at_least(2)))
    id = uuid4()
    times = (0, 100, 0, 100)  # the third is late
    await publish(running, *(order(running.messages, t, (A, 1), order_id=id) for t in times))
    await until_emitted(running, (A, 60, 2))
    assert {row[:4] for row in await rows(stream)} == {(A, 0, 60, 1), (A, 60, 120, 2)}


async def test_sessions_that_merge_were_each_before(running: Running) -> None:
    await running.projection(emitting(running, at_least(3), sales.sessions))
    id = uuid4()

    def at(seconds: float, *lines: tuple[UUID, int]) -> Any:
        return order(running.messages, seconds, *lines, order_id=id)

    await publish(
        running,
        at(0, (A, 1), (B, 3)),  # B: the condition holds for the first one ...
        at(610, (A, 1), (B, 1)),
        at(600, (A, 1), (B, 1)),  # ... of those that are merged here
    )
    await until_emitted(running, (B, 0, 3), (A, 0, 3))


def rushes(log: Log, units: int) -> set[tuple[UUID, float]]:
    """The rows that must have had an event, which happens to each only once."""
    return {(row[0], row[1]) for row in log.rows() if row[3] >= units}


async def each_once(running: Running, wanted: set[tuple[UUID, float]]) -> None:
    """Wait for the events, and look that none is there twice."""
    found = await eventually(lambda: emitted(running), lambda now: len(now) >= len(wanted))
    counts = Counter(seen(each)[:2] for each in found)
    assert counts == dict.fromkeys(wanted, 1)
    assert len({each.id for each in found}) == len(found)


async def waiting(runtime: ProjectionRuntime) -> float:
    """How many events are in the outbox."""
    samples = await runtime.sources.stored()
    return next(sample.value for sample in samples if sample.name == "outbox_messages")


MANY = 6


async def test_several_processes_emit_each_event_once(running: Running) -> None:
    stream = emitting(running, at_least(MANY))
    log = Log(running.messages, stream)
    members = [await running.projection(stream) for _ in range(3)]
    await publish(running, *log.add(*some_orders(running.messages, 300)))
    await until_handled(members[0], log.rows())
    assert 10 < len(rushes(log, MANY)) < len(log.rows())
    await each_once(running, rushes(log, MANY))


async def test_processes_that_are_killed_emit_each_event_once(running: Running) -> None:
    stream = emitting(running, at_least(MANY))
    log = Log(running.messages, stream)
    orders = log.add(*some_orders(running.messages, 300))
    publishing = asyncio.create_task(publish(running, *orders))
    for _ in range(5):
        victim = await running.projection(stream)
        await asyncio.sleep(0.05)
        await victim.close()  # at once: what it was doing is lost
    await publishing
    last = await running.projection(stream)
    await until_handled(last, log.rows())
    found = await eventually(
        lambda: emitted(running), lambda now: {seen(e)[:2] for e in now} == rushes(log, MANY)
    )
    # What was published, but not yet removed from the outbox, is published again: with its id.
    assert len({each.id for each in found}) == len(rushes(log, MANY))


@pytest.mark.parametrize("declare", [sales.per_minute, sales.sessions])
async def test_a_rebuild_emits_nothing_again(running: Running, declare: Any) -> None:
    stream = emitting(running, at_least(MANY), declare)
    log = Log(running.messages, stream)
    members = [await running.projection(stream) for _ in range(2)]
    # Sessions of several partitions may be other ones until they have merged.
    ids = 1 if declare is sales.sessions else 9
    await publish(running, *log.add(*some_orders(running.messages, 200, ids)))
    await until_handled(members[0], log.rows())
    await eventually(lambda: waiting(members[0]), lambda count: count == 0)
    before = [each.id for each in await emitted(running)]
    assert before
    models = await read_models(running, "sales")
    await models.save((await models.load()).rebuild())
    await eventually(models.load, lambda model: model.live == 2 and model.retired is None)
    await until_handled(members[0], log.rows())
    await publish(running, *log.add(order(running.messages, 9_000_000, (A, MANY))))
    after = await eventually(lambda: emitted(running), lambda now: len(now) > len(before))
    new = [each for each in after if each.id not in before]
    assert [seen(each)[0::2] for each in new] == [(A, MANY)]
    assert len(after) == len(before) + 1


async def test_what_happens_during_a_rebuild_is_emitted_once(running: Running) -> None:
    stream = emitting(running, at_least(MANY))
    log = Log(running.messages, stream)
    orders = some_orders(running.messages, 300)
    members = [await running.projection(stream) for _ in range(2)]
    await publish(running, *log.add(*orders[:100]))
    models = await read_models(running, "sales")
    await models.save((await models.load()).rebuild())
    for each in orders[100:]:
        await publish(running, *log.add(each))
    await eventually(models.load, lambda model: model.live == 2 and model.retired is None)
    await until_handled(members[0], log.rows())
    await each_once(running, rushes(log, MANY))


async def test_generations_that_read_partitions_in_another_order_lose_nothing(
    running: Running,
) -> None:
    """The one comes to the condition by the event that the other has handled before, and so on."""
    stream = emitting(running, at_least(2))
    await declare_all(running.hub, running.messages)
    store = running.store("sales")
    envelopes = EnvelopeFactory("sales", running.messages, lambda: NOON)
    one, two = [
        await generation(stream, store, running.hub, envelopes, number) for number in (1, 2)
    ]
    ahead, behind = (order(running.messages, 0, (A, 1)).envelope for _ in range(2))
    steps = ((one, ahead), (two, behind), (one, behind), (two, ahead))
    for windowing, envelope in steps:
        work = Work(store)
        await windowing(market.OrderPlaced.model_validate(envelope.data), envelope, work)
        await store.commit(work.changes)
    (found,) = await store.pending(limit=9)
    assert seen(found.message.envelope) == (A, 0, 2)


async def generation(
    stream: Stream[Any, Any], store: Store, hub: Hub, envelopes: EnvelopeFactory, number: int
) -> Windowing:
    """A generation of a stream, without the consumers."""
    emitter = Emitter(
        stream,
        store,
        envelopes,
        happened=names.happened("sales").generation(number),
        emitted=names.emitted("sales"),
    )
    rows = rows_of(stream, number, store)
    windowing = Windowing(
        stream,
        store=store,
        rows=rows,
        sessions=names.sessions("sales").generation(number),
        watermarks=Watermarks(
            store=store,
            hub=hub,
            messages=stream.messages,
            name=names.watermarks("sales").generation(number),
            delay=stream.watermark,
        ),
        group=group_name("sales", number),
        emitter=emitter,
    )
    await store.prepare((rows.collection, *windowing.collections, emitter.emitted))
    return windowing


async def test_a_history_emits_nothing(running: Running) -> None:
    """What event stores are asked for has happened, and is not in order."""
    stream = emitting(running, at_least(1))
    topic = f"{running.messages.system}.history"
    models = await read_models(running, "sales")
    history = History(topic=topic, complete=True)
    await models.save((await models.load()).rebuild(history))
    await running.hub.declare(running.topic(topic))
    past = replace(order(running.messages, 0, (A, 1)), topic=topic)
    await running.hub.publish(past)
    runtime = await running.projection(stream)
    await eventually(models.load, lambda model: model.live == 2 and model.retired is None)
    assert {row[:4] for row in await rows(runtime)} == {(A, 0, 60, 1)}
    await publish(running, order(running.messages, 0, (B, 1)))
    await until_emitted(running, (B, 0, 1))


def test_a_key_of_several_fields_is_one_subject() -> None:
    (*_, kind) = with_event(sales.catalog("keys")).messages
    event = ProductRushed(
        product_id=A,
        window_start=NOON,
        window_end=NOON,
        units=3,
        revenue=Decimal(1),
        dearest=Decimal(1),
        sales=1,
    )
    assert kind.subject_of(event) == str(A)
    assert replace(kind, subject=("product_id", "units")).subject_of(event) == f"{A}/3"
