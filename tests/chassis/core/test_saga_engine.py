"""The engine of sagas on a store: what a transition says is written, and found again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from chassis import trace
from chassis.envelope import Envelope
from chassis.messages import CommandRefused, Event
from chassis.runtime.envelopes import EnvelopeFactory
from chassis.runtime.rows import Rows
from chassis.runtime.work import Work
from chassis.saga.engine import SagaEngine
from chassis.saga.instance import Instance, Progress, Status
from chassis.store.port import Commit, Timer
from chassis.store.sqlite.store import SqliteStore, open_sqlite

from . import market

ORDER, PRODUCT = UUID(int=9), UUID(int=1)
MESSAGES = market.catalog("market")
SAGA = market.checkout()
PLACED = market.OrderPlaced(
    order_id=ORDER,
    customer_id=UUID(int=8),
    lines=[market.Line(product_id=PRODUCT, quantity=1)],
    total=Decimal(5),
    placed_at=datetime(2030, 1, 1, tzinfo=UTC),
)
RESERVED = market.StockReserved(product_id=PRODUCT, order_id=ORDER, quantity=1)
RELEASED = market.StockReleased(product_id=PRODUCT, order_id=ORDER)
REFUSED = CommandRefused(command="any", rule="rule")


class Fixture:
    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.now = datetime(2030, 1, 1, tzinfo=UTC)
        self._others = EnvelopeFactory("others", MESSAGES, self._clock)
        own = EnvelopeFactory("order", MESSAGES, self._clock)
        self.engine = SagaEngine(SAGA, store, own, self._clock)
        self._rows = Rows(store, "checkout_saga", Instance)

    def _clock(self) -> datetime:
        return self.now

    def envelope(self, event: Event, cause: UUID | None = None) -> Envelope:
        if isinstance(event, CommandRefused):
            return self._others.wrap_reply(
                event, id=uuid4(), causation_id=cause or ORDER, topic="", subject=""
            ).envelope
        return self._others.wrap(event, id=uuid4(), causation_id=cause).envelope

    async def do(self, act: Callable[[Work], Awaitable[None]]) -> None:
        work = Work(self.store)
        await act(work)
        await self.store.commit(work.changes)

    async def receive(self, event: Event, envelope: Envelope) -> None:
        with trace.use(trace.continued(envelope)):
            await self.do(lambda work: self.engine(event, envelope, work))

    async def resume(self) -> None:
        id = (await self.only()).id
        await self.do(lambda work: self.engine.resume(id, work))

    async def settle(self, id: str) -> None:
        await self.do(lambda work: self.engine.settle(id, work))

    async def start(self) -> Envelope:
        envelope = self.envelope(PLACED)
        await self.receive(PLACED, envelope)
        return envelope

    async def answer(self, event: Event, command: Envelope) -> None:
        await self.receive(event, self.envelope(event, command.id))

    async def sent(self) -> list[Envelope]:
        return [pending.message.envelope for pending in await self.store.pending(limit=100)]

    async def names(self) -> list[str]:
        return [envelope.type.split(".")[-2] for envelope in await self.sent()]

    async def instances(self) -> tuple[Instance, ...]:
        return (await self._rows.search({}, {}, ("started_at",), 100, None)).items

    async def only(self) -> Instance:
        (instance,) = await self.instances()
        return instance

    async def timers(self) -> tuple[Timer, ...]:
        return await self.store.due(datetime(2100, 1, 1, tzinfo=UTC), 100)

    async def advance(self, by: timedelta) -> None:
        """Let time pass, and fire the timers that are due."""
        self.now += by
        for timer in await self.store.due(self.now, 100):
            await self.do(partial(self.engine.timer_handlers[timer.handler], timer))


@pytest.fixture
async def saga(tmp_path: Path) -> AsyncIterator[Fixture]:
    store = open_sqlite(tmp_path / "order.db")
    fixture = Fixture(store)
    await store.prepare(fixture.engine.collections)
    yield fixture
    await store.close()


async def test_a_redelivered_start_starts_nothing(saga: Fixture) -> None:
    envelope = await saga.start()
    await saga.receive(PLACED, envelope)
    assert await saga.names() == ["ReserveStock"]
    assert (await saga.only()).key == str(ORDER)


async def test_the_next_start_of_a_key_is_another_instance(saga: Fixture) -> None:
    """Also while the first one runs; the answers reach the one that they are for."""
    first, second = await saga.start(), await saga.start()
    one, two = await saga.sent()
    assert one.id != two.id
    assert [one.causation_id, two.causation_id] == [first.id, second.id]
    await saga.answer(RESERVED, two)
    by_cause = {instance.cause: instance for instance in await saga.instances()}
    assert by_cause[first.id].sent[0].progress is Progress.SENT
    assert by_cause[second.id].sent[0].progress is Progress.DONE
    assert {instance.key for instance in by_cause.values()} == {str(ORDER)}
    assert len(await saga.timers()) == 2


async def test_a_compensation_is_awaited_and_sent_again(saga: Fixture) -> None:
    await saga.start()
    await saga.answer(RESERVED, (await saga.sent())[-1])
    await saga.answer(REFUSED, (await saga.sent())[-1])
    assert await saga.names() == ["ReserveStock", "CapturePayment", "ReleaseStock"]
    assert (await saga.only()).status is Status.COMPENSATING
    await saga.answer(REFUSED, (await saga.sent())[-1])
    assert (await saga.only()).refusal == "ReleaseStock: rule"
    (timer,) = await saga.timers()
    assert timer.data == (await saga.only()).id
    await saga.advance(timedelta(seconds=1))
    assert (await saga.names())[2:] == ["ReleaseStock", "ReleaseStock"]
    await saga.answer(RELEASED, (await saga.sent())[-1])
    assert (await saga.names())[-1] == "CancelOrder"
    await saga.answer(market.OrderCancelled(order_id=ORDER, reason="rule"), (await saga.sent())[-1])
    assert (await saga.only()).status is Status.FAILED
    assert await saga.timers() == ()


async def test_a_stuck_instance_is_resumed(saga: Fixture) -> None:
    await saga.start()
    await saga.answer(RESERVED, (await saga.sent())[-1])
    await saga.answer(REFUSED, (await saga.sent())[-1])
    while (await saga.only()).status is not Status.STUCK:
        await saga.answer(REFUSED, (await saga.sent())[-1])
        await saga.advance(timedelta(minutes=10))
    assert await saga.timers() == ()
    attempts = len(await saga.sent())
    await saga.resume()
    assert len(await saga.sent()) == attempts + 1
    assert (await saga.only()).status is Status.COMPENSATING


async def test_what_somebody_did_by_hand_is_settled_and_late_answers_are_ignored(
    saga: Fixture,
) -> None:
    await saga.start()
    (reserve,) = await saga.sent()
    await saga.settle((await saga.only()).id)
    assert await saga.names() == ["ReserveStock", "CapturePayment"]
    await saga.answer(REFUSED, reserve)
    assert await saga.names() == ["ReserveStock", "CapturePayment"]
    with pytest.raises(LookupError, match="there is no instance x of the saga checkout"):
        await saga.settle("x")


async def test_the_deadline_waits_for_the_pivot(saga: Fixture) -> None:
    await saga.start()
    await saga.answer(RESERVED, (await saga.sent())[-1])
    captured = market.PaymentCaptured(order_id=ORDER, customer_id=UUID(int=8), amount=Decimal(5))
    await saga.answer(captured, (await saga.sent())[-1])
    await saga.advance(timedelta(hours=1))
    instance = await saga.only()
    assert (instance.status, instance.overdue) == (Status.RUNNING, True)
    assert await saga.timers() == ()
    await saga.answer(market.OrderConfirmed(order_id=ORDER), (await saga.sent())[-1])
    assert await saga.names() == ["ReserveStock", "CapturePayment", "ConfirmOrder"]
    assert (await saga.only()).status is Status.COMPLETED


async def test_what_no_message_causes_is_in_the_trace_of_the_start(saga: Fixture) -> None:
    """The answers are in traces of their own here."""
    with trace.use(trace.begin()):
        started = await saga.start()
    await saga.answer(RESERVED, (await saga.sent())[-1])
    await saga.answer(REFUSED, (await saga.sent())[-1])
    answer = saga.envelope(REFUSED, (await saga.sent())[-1].id)
    await saga.receive(REFUSED, answer)
    await saga.advance(timedelta(seconds=1))
    *_, released, again = await saga.sent()
    assert released.type == again.type
    assert trace.parse(again.traceparent) == trace.parse(started.traceparent)
    assert trace.parse(released.traceparent) != trace.parse(started.traceparent)
    assert again.correlation_id == started.correlation_id


async def test_an_instance_of_an_earlier_version_goes_on(saga: Fixture, tmp_path: Path) -> None:
    """Its id is its key, and so is that of its timer."""
    started, command = saga.envelope(PLACED), uuid4()
    earlier = {
        "id": str(ORDER),
        "correlation_id": str(uuid4()),
        "cause": str(started.id),
        "start": started.data,
        "status": "running",
        "step": 0,
        "sent": [{"id": str(command), "step": 0, "item": 0, "progress": "sent"}],
        "failure": None,
    }
    documents = {
        ("documents_saga_checkout", str(ORDER)): earlier,
        ("documents_saga_checkout_awaited", str(command)): {"instance": str(ORDER)},
    }
    timer = Timer(
        id=f"saga:checkout:{ORDER}", due=saga.now, handler="saga:checkout", data=str(ORDER)
    )
    with closing(sqlite3.connect(tmp_path / "order.db")) as old, old:
        for (table, id), data in documents.items():
            old.execute(f"CREATE TABLE {table} (id TEXT PRIMARY KEY, version INTEGER, data TEXT)")
            old.execute(f"INSERT INTO {table} VALUES (?, 1, ?)", (id, json.dumps(data)))
    await saga.store.commit(Commit(set_timers=(timer,)))
    another = open_sqlite(tmp_path / "order.db")
    await another.prepare(saga.engine.collections)
    await another.close()
    await saga.receive(PLACED, started)  # redelivered
    assert await saga.names() == []
    await saga.advance(timedelta(minutes=1))
    assert (await saga.only()).status is Status.COMPENSATING
    assert await saga.timers() == ()
    await saga.receive(RESERVED, saga.envelope(RESERVED, command))
    assert await saga.names() == ["ReleaseStock"]
    await saga.start()
    assert len(await saga.instances()) == 2
