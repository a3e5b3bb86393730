"""Leases: shared equally, handed over quickly, and never held by two that are alive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import pytest
from chassis.runtime.membership import Membership, Pace
from chassis.store.sqlite.store import SqliteStore, open_sqlite

from tests.waiting import until

LEASES = [f"lease-{number}" for number in range(12)]
QUICK = Pace(look=0.01, heartbeat=0.03, dead=0.3)


class Member:
    """A member in the role of a process of its own, which can be killed and paused."""

    def __init__(self, store: SqliteStore, pace: Pace | None) -> None:
        self.membership = Membership(store, LEASES, pace)
        self._task: asyncio.Task[None] | None = None

    @property
    def owned(self) -> frozenset[str]:
        return self.membership.owned

    async def join(self) -> None:
        await self.membership.join()
        self.resume()

    def resume(self) -> None:
        self._task = asyncio.create_task(self.membership.run())

    async def pause(self) -> None:
        """Stand still, as after SIGSTOP or SIGKILL: it believes what it has believed before."""
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def leave(self) -> None:
        await self.pause()
        await self.membership.leave()


Join: TypeAlias = Callable[..., "asyncio.Future[Member]"]


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[Callable[[], SqliteStore]]:
    """Opens the store of one unit for one more process."""
    opened: list[SqliteStore] = []

    def open_another() -> SqliteStore:
        opened.append(open_sqlite(tmp_path / "unit.db"))
        return opened[-1]

    yield open_another
    for store in opened:
        await store.close()


@pytest.fixture
async def members(stores: Callable[[], SqliteStore]) -> AsyncIterator[Members]:
    members = Members(stores)
    yield members
    for member in members.all:
        await member.pause()


class Members:
    def __init__(self, stores: Callable[[], SqliteStore]) -> None:
        self.all: list[Member] = []
        self._stores = stores

    async def join(self, pace: Pace | None = QUICK) -> Member:
        store, member = self._stores(), None
        member = Member(store, pace)
        await store.prepare(member.membership.collections)
        await member.join()
        self.all.append(member)
        return member


def shared(*members: Member) -> bool:
    """Whether every lease is held by one of the members, and each has its share."""
    owned = [lease for member in members for lease in member.owned]
    shares = [len(member.owned) for member in members]
    return sorted(owned) == sorted(LEASES) and max(shares) - min(shares) <= 1


async def test_one_member_has_everything_at_once(members: Members) -> None:
    one = await members.join()
    assert one.owned == frozenset(LEASES)
    assert one.membership.alone


async def test_members_share_equally_as_they_come_and_go(members: Members) -> None:
    one, two, three = [await members.join() for _ in range(3)]
    await until(lambda: shared(one, two, three))
    assert not one.membership.alone
    await two.leave()
    await until(lambda: shared(one, three))
    four = await members.join()
    await until(lambda: shared(one, three, four))
    await three.pause()  # killed
    await until(lambda: shared(one, four))
    await four.leave()
    await until(lambda: shared(one))
    await until(lambda: one.membership.alone)


async def test_a_member_that_stood_still_comes_back(members: Members) -> None:
    one, two = await members.join(), await members.join()
    await until(lambda: shared(one, two))
    await one.pause()
    await until(lambda: shared(two))
    assert one.owned  # what it still believes; its writes conflict
    one.resume()
    await until(lambda: shared(one, two))


async def test_all_stood_still_and_come_back(members: Members) -> None:
    three = [await members.join() for _ in range(3)]
    await until(lambda: shared(*three))
    for member in three:
        await member.pause()
    await asyncio.sleep(2 * QUICK.dead)
    for member in three:
        member.resume()
    await until(lambda: shared(*three))


async def test_no_two_of_the_living_own_a_lease_for_long(members: Members) -> None:
    """Taken and given up at every look while members come and go; in the end it is settled."""
    one = await members.join()
    for _ in range(5):
        other = await members.join()
        await until(lambda other=other: shared(one, other))  # type: ignore[misc]
        assert not one.owned & other.owned
        await other.leave()
        await until(lambda: shared(one))


async def test_listeners_hear_of_every_change(members: Members) -> None:
    one, heard = await members.join(), []
    one.membership.listen(lambda: heard.append((one.owned, one.membership.alone)))
    two = await members.join()
    await until(lambda: shared(one, two))
    assert heard[-1] == (one.owned, False)
    assert len(set(heard)) == len(heard)


async def test_leaving_without_having_joined(stores: Callable[[], SqliteStore]) -> None:
    await Membership(stores(), LEASES).leave()


async def test_a_clean_stop_hands_over_in_under_a_second(members: Members) -> None:
    one, two = await members.join(None), await members.join(None)
    await until(lambda: shared(one, two))
    began = time.monotonic()
    await one.leave()
    await until(lambda: shared(two))
    assert time.monotonic() - began < 1


async def test_a_kill_hands_over_within_two_seconds(members: Members) -> None:
    one, two = await members.join(None), await members.join(None)
    await until(lambda: shared(one, two))
    began = time.monotonic()
    await one.pause()
    await until(lambda: shared(two))
    assert time.monotonic() - began < 2


async def test_one_that_is_alone_writes_nothing(members: Members) -> None:
    one = await members.join()
    store, commits = one.membership._store, []

    async def count(commit: object) -> None:
        commits.append(commit)

    store.commit = count  # type: ignore[method-assign]
    await asyncio.sleep(5 * QUICK.heartbeat)
    assert commits == []
