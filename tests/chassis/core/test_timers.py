"""Timers: due in time, after a restart too, and none is held up by another that fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chassis.runtime.timers import Timers
from chassis.store.port import Commit, Timer
from chassis.store.sqlite import SqliteStore, open_sqlite

from tests.waiting import until

NOW = datetime(2030, 1, 1, tzinfo=UTC)


class Fixture:
    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.now = NOW
        self.reminded: list[str] = []
        self.timers = Timers(store, lambda: self.now)
        self.timers.handlers.update({"good": self.remind, "bad": self.fail})

    async def remind(self, timer: Timer) -> None:
        self.reminded.append(timer.id)
        await self.store.commit(Commit(drop_timers=(timer.id,)))

    async def fail(self, timer: Timer) -> None:
        raise ValueError("bad")

    async def set(self, id: str, seconds: float, handler: str = "good") -> None:
        due = NOW + timedelta(seconds=seconds)
        timer = Timer(id=id, due=due, handler=handler, data="")
        await self.store.commit(Commit(set_timers=(timer,)))


@pytest.fixture
async def timers(tmp_path: Path) -> AsyncIterator[Fixture]:
    store = open_sqlite(tmp_path / "unit.db")
    yield Fixture(store)
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


async def test_they_run_when_they_are_due(timers: Fixture) -> None:
    await timers.set("old", -1e6)
    running = asyncio.create_task(timers.timers.run())
    await until(lambda: timers.reminded == ["old"])
    await timers.set("soon", 0)
    timers.timers.wake()
    await until(lambda: timers.reminded == ["old", "soon"])
    running.cancel()
