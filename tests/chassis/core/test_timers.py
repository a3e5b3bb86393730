"""Timers: due in time, after a restart too, and none is held up by another that fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chassis.errors import Unavailable
from chassis.runtime.committer import Committer
from chassis.runtime.membership import Membership
from chassis.runtime.timers import LEASE, Handling, Timers
from chassis.runtime.work import Work
from chassis.store.port import Commit, Received, Timer
from chassis.store.sqlite.store import SqliteStore, open_sqlite
from chassis.telemetry import Metrics

from tests.waiting import until

NOW = datetime(2030, 1, 1, tzinfo=UTC)


class Fixture:
    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.now = NOW
        self.reminded: list[str] = []
        self.oldest: datetime | None = None
        self.looks = 0
        self.hub_is_away = False
        self.membership = Membership(store, [LEASE])
        self.timers = Timers(
            store, Committer(store, Metrics("unit")), self.membership, lambda: self.now
        )
        self.timers.handlers.update(
            {
                "good": Handling(self.remind),
                "bad": Handling(self.fail),
                "waiting": Handling(self.remind, self.oldest_unhandled),
            }
        )

    async def remind(self, timer: Timer, work: Work) -> None:
        self.reminded.append(timer.id)
        work.add(Commit(drop_timers=(timer.id,)))

    async def fail(self, timer: Timer, work: Work) -> None:
        work.add(Commit(drop_timers=(timer.id,)))
        raise ValueError("bad")

    async def oldest_unhandled(self) -> datetime | None:
        self.looks += 1
        if self.hub_is_away:
            raise Unavailable("hub")
        return self.oldest

    async def set(self, id: str, seconds: float, handler: str = "good") -> None:
        due = NOW + timedelta(seconds=seconds)
        timer = Timer(id=id, due=due, handler=handler, data="")
        await self.store.commit(Commit(set_timers=(timer,)))


@pytest.fixture
async def timers(tmp_path: Path) -> AsyncIterator[Fixture]:
    store = open_sqlite(tmp_path / "unit.db")
    fixture = Fixture(store)
    await store.prepare(fixture.membership.collections)
    await fixture.membership.join()
    yield fixture
    await store.close()


async def test_what_is_due_is_handled_in_order(timers: Fixture) -> None:
    for id, seconds in (("c", 2), ("a", -5), ("b", 0)):
        await timers.set(id, seconds)
    await timers.timers.handle_due()
    assert timers.reminded == ["a", "b"]
    timers.now += timedelta(seconds=2)
    await timers.timers.handle_due()
    assert timers.reminded == ["a", "b", "c"]


async def test_one_that_fails_is_postponed_and_holds_up_nobody(timers: Fixture) -> None:
    await timers.set("bad", -2, "bad")
    await timers.set("nobody's", -1, "a handler that is gone")
    await timers.set("good", 0)
    await timers.timers.handle_due()
    assert timers.reminded == ["good"]
    later = await timers.store.due(NOW + timedelta(hours=1), 9)
    assert {timer.id for timer in later} == {"bad", "nobody's"}
    assert all(timer.due > NOW for timer in later)


async def test_one_waits_for_earlier_messages_and_holds_up_nobody(timers: Fixture) -> None:
    timers.oldest = NOW - timedelta(seconds=3)
    await timers.set("early", -2, "waiting")
    await timers.set("good", 0)
    assert await timers.timers.handle_due()
    assert timers.reminded == ["good"]
    timers.oldest = None
    assert not await timers.timers.handle_due()
    assert timers.reminded == ["good", "early"]


async def test_under_a_lasting_lag_one_fires_when_its_time_was_reached(timers: Fixture) -> None:
    """It waits for what was published before it was due, not for all that comes meanwhile."""
    await timers.set("deadline", 0, "waiting")
    lag = timedelta(seconds=5)
    for _ in range(5):
        timers.oldest = timers.now - lag
        await timers.timers.handle_due()
        assert timers.reminded == []
        timers.now += timedelta(seconds=1)
    timers.now += timedelta(seconds=1)
    timers.oldest = timers.now - lag
    await timers.timers.handle_due()
    assert timers.reminded == ["deadline"]


async def test_many_at_once_share_one_look(timers: Fixture) -> None:
    timers.oldest = NOW - timedelta(seconds=150)
    for number in range(300):
        await timers.set(f"{number:03}", -number, "waiting")
    await timers.set("good", 0)
    assert await timers.timers.handle_due()
    assert timers.looks == 1
    assert timers.reminded == [*(f"{number:03}" for number in range(299, 150, -1)), "good"]


async def test_while_the_hub_is_away_only_those_wait_that_need_it(timers: Fixture) -> None:
    timers.hub_is_away = True
    await timers.set("waits", -1, "waiting")
    await timers.set("good", 0)
    assert await timers.timers.handle_due()
    assert timers.reminded == ["good"]
    timers.hub_is_away = False
    await timers.timers.handle_due()
    assert timers.reminded == ["good", "waits"]


async def test_a_clock_that_jumps_back_makes_no_failed_one_spin(timers: Fixture) -> None:
    """It is set for 30 s from now, which is long past by the time the round began with."""
    attempts = 0

    async def fail(timer: Timer, work: Work) -> None:
        nonlocal attempts
        attempts += 1
        assert attempts == 1
        timers.now -= timedelta(days=8)
        raise ValueError("bad")

    timers.timers.handlers["bad"] = Handling(fail)
    await timers.set("bad", -1, "bad")
    assert await timers.timers.handle_due()
    assert attempts == 1


async def test_one_that_was_handled_before_is_no_endless_loop(timers: Fixture) -> None:
    """Its handler ignores what it is told of the inbox: it fails like any other."""
    calls = 0

    async def ignorant(timer: Timer, work: Work) -> None:
        nonlocal calls
        calls += 1
        work.add(Commit(inbox=(Received("handled"),), drop_timers=(timer.id,)))

    await timers.store.commit(Commit(inbox=(Received("handled"),)))
    timers.timers.handlers["bad"] = Handling(ignorant)
    await timers.set("bad", 0, "bad")
    assert await timers.timers.handle_due()
    assert calls == 2


async def test_only_the_owner_of_the_lease_handles_them(timers: Fixture) -> None:
    other = Fixture(timers.store)
    await other.membership.join()
    assert other.membership.owned == frozenset()
    running = asyncio.create_task(other.timers.run())
    await timers.set("mine", 0)
    other.timers.wake()
    await timers.timers.handle_due()
    assert (timers.reminded, other.reminded) == (["mine"], [])
    await timers.membership.leave()
    await other.membership.look()
    assert other.membership.owned == {LEASE}
    await timers.set("its", 0)
    await until(lambda: other.reminded == ["its"])
    running.cancel()


async def test_they_run_when_they_are_due(timers: Fixture) -> None:
    await timers.set("old", -1e6)
    running = asyncio.create_task(timers.timers.run())
    await until(lambda: timers.reminded == ["old"])
    await timers.set("soon", 0)
    timers.timers.wake()
    await until(lambda: timers.reminded == ["old", "soon"])
    running.cancel()
