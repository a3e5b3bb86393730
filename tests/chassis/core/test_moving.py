"""Clocks that jump and leases that move in the middle of the work: no effect happens twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from chassis.clock import utc_now
from chassis.dead_letters import State
from chassis.messages import Catalog
from chassis.runtime import housekeeping
from chassis.runtime.committer import Committer
from chassis.runtime.housekeeping import Housekeeping
from chassis.runtime.membership import Membership
from chassis.runtime.replays import Replays
from chassis.runtime.timers import LEASE, Handling, Timers
from chassis.runtime.work import Work
from chassis.store.port import Commit, Put, Timer
from chassis.store.sqlite.store import SqliteStore, open_sqlite
from chassis.telemetry.metrics import Metrics

from . import market
from .consuming import EFFECTS, Consuming, Handler, envelope
from .running import Running, do, eventually

EIGHT_DAYS = timedelta(days=8)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = open_sqlite(tmp_path / "unit.db")
    yield store
    await store.close()


class Jumping:
    """A clock that can be set."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.offset


async def test_a_clock_that_jumps_makes_no_effect_happen_twice(running: Running) -> None:
    """Back and forth by 8 days, between commits, restarts and housekeeping.

    The hub keeps messages for one day, so an inbox that went by the clock would forget.
    """
    clock = Jumping()
    command, product = market.ReceiveStock(product_id=uuid4(), quantity=1), uuid4()
    ids = [uuid4() for _ in range(4)]
    send = running.sender("somebody")
    for jump in (timedelta(), EIGHT_DAYS, -EIGHT_DAYS, timedelta(), EIGHT_DAYS):
        clock.offset = jump
        stock = await running.service(market.stock_service(running.messages), clock=clock)
        for id in ids:
            await do(stock, command, id)
        store = running.store("stock")
        await store.forget(housekeeping_generations(running.messages))
        sent = await send(market.ReceiveStock(product_id=product, quantity=1))
        for _ in range(3):  # the hub delivers it again and again
            await running.hub.publish(sent, again=True)
        clock.offset = -jump
        for id in ids:
            await do(stock, command, id)
        await eventually(lambda: asyncio.sleep(0, stock.idle), bool)  # noqa: B023
        await stock.drain()
    stock = await running.service(market.stock_service(running.messages))
    once = await stock.read(market.StockItem, command.product_id, None)
    received = await eventually(
        lambda: stock.read(market.StockItem, product, None),
        lambda found: found is not None and found.version >= 5,
    )
    assert once is not None
    assert received is not None
    assert (once.version, once.state.on_hand) == (4, 4)
    assert (received.version, received.state.on_hand) == (5, 5)


def housekeeping_generations(messages: Catalog) -> int:
    return Housekeeping(None, None, messages.retention)._generations  # type: ignore[arg-type]


async def test_timers_whose_lease_moves_fire_once(store: SqliteStore, tmp_path: Path) -> None:
    """The lease moves while one is being handled: the other process handles it, too."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def remind(timer: Timer, work: Work) -> None:
        document = await work.get(EFFECTS.name, timer.id)
        version = document.version if document else 0
        put = Put(
            collection=EFFECTS.name,
            id=timer.id,
            data="{}",
            expected=version,
            version=version + 1,
        )
        work.add(Commit(puts=(put,), drop_timers=(timer.id,)))

    async def slow(timer: Timer, work: Work) -> None:
        begun.set()
        await go_on.wait()
        if await work.get(EFFECTS.name, timer.id) is None:
            await remind(timer, work)
        else:
            work.add(Commit(drop_timers=(timer.id,)))

    other = open_sqlite(tmp_path / "unit.db")
    first, second = Membership(store, [LEASE]), Membership(other, [LEASE])
    for each in (store, other):
        await each.prepare((EFFECTS, *first.collections))
    await first.join()
    await second.join()
    one = Timers(store, Committer(store, Metrics("unit")), first, utc_now)
    two = Timers(other, Committer(other, Metrics("unit")), second, utc_now)
    one.handlers["remind"], two.handlers["remind"] = Handling(slow), Handling(remind)
    past = utc_now() - timedelta(seconds=9)
    timers = tuple(
        Timer(id=str(number), due=past + timedelta(seconds=number), handler="remind", data="")
        for number in range(3)
    )
    await store.commit(Commit(set_timers=timers))
    handling = asyncio.create_task(one.handle_due())
    await begun.wait()
    await first.leave()
    await second.look()
    assert second.owned == {LEASE}
    await two.handle_due()
    go_on.set()
    await handling
    stored = await store.get_many(EFFECTS.name, ("0", "1", "2"))
    assert {id: each.version for id, each in stored.items()} == {"0": 1, "1": 1, "2": 1}
    assert await store.next_due() is None
    await other.close()


async def test_a_replay_whose_lease_moves_happens_once(
    store: SqliteStore, messages: Catalog
) -> None:
    """Two processes replay the same dead letters at once."""
    handler = Handler()
    handler.fail(1, *(ValueError("bad") for _ in range(4)))
    handler.fail(2, *(ValueError("bad") for _ in range(4)))
    consuming = Consuming(store, messages, handler)
    await consuming.deliver(envelope("a", 1), envelope("b", 2))
    for letter, version in await consuming.letters.list():
        await consuming.letters.mark(letter, version, State.REPLAY, "")
    handler.errors.clear()
    other = Replays(lambda *_: consuming.consumer, consuming.letters, consuming.membership)
    await asyncio.gather(consuming.replays.replay_marked(), other.replay_marked())
    assert await consuming.letters.list() == ()
    assert await consuming.effects("a", "b") == {"a": [1], "b": [2]}
    await consuming.stop()


async def test_housekeeping_whose_lease_moves_begins_no_short_generation(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has held the lease for less than an interval does nothing."""
    forgotten: list[str] = []

    class Counting:
        def __init__(self, name: str) -> None:
            self.name = name

        async def forget(self, generations: int) -> None:
            forgotten.append(self.name)

    class Leases:
        owned: frozenset[str] = frozenset()

    ticks = {name: asyncio.Semaphore(0) for name in ("one", "two")}
    leases = {name: Leases() for name in ticks}
    names = iter(ticks)

    async def tick(seconds: float) -> None:
        name = asyncio.current_task().get_name()  # type: ignore[union-attr]
        await ticks[name].acquire()

    monkeypatch.setattr(asyncio, "sleep", tick)
    tasks = [
        asyncio.create_task(
            Housekeeping(Counting(name), leases[name], timedelta(days=1)).run(),  # type: ignore[arg-type]
            name=name,
        )
        for name in names
    ]

    async def pass_interval(owner: str) -> None:
        for name, lease in leases.items():
            lease.owned = frozenset({housekeeping.LEASE}) if name == owner else frozenset()
        for each in ticks.values():
            each.release()
        loop = asyncio.get_running_loop()
        for _ in range(20):
            turn = loop.create_future()
            loop.call_soon(turn.set_result, None)
            await turn

    for owner in ("one", "one", "two", "one", "two", "two"):
        await pass_interval(owner)
    assert forgotten == ["one", "two"]
    for task in tasks:
        task.cancel()
