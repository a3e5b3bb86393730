"""Membership: the processes of a unit share its work by leases in their store.

A process that is not alone writes a heartbeat. Another one takes a lease over when its own
monotonic clock has seen no heartbeat of the owner for some time, so wall clocks may jump and differ
(as in the leader election of Kubernetes). Leases only keep processes from doing the same work: if
two of them do, because one was stopped for a while, the inbox and the versions let one win.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

import structlog

from chassis.errors import Conflict, Unavailable
from chassis.store.port import Collection, Commit, Delete, Field, Kind, Put, Query, Store, Stored

_MEMBERS, _LEASES = "chassis_members", "chassis_leases"
_MANY = 200

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two looks, between two heartbeats, and until a silent owner is dead."""

    look: float = 0.2
    heartbeat: float = 0.5
    dead: float = 1.3


@dataclass(slots=True)
class _Seen:
    """A member, and when its last heartbeat was seen."""

    version: int
    at: float


class Membership:
    """The leases of one process.

    Attributes:
        owned: The names of the leases that this process holds.
        alone: Whether no other process is alive.
    """

    def __init__(self, store: Store, leases: Iterable[str], pace: Pace | None = None) -> None:
        """Create a membership; `join` begins it.

        Args:
            store: The store of the unit.
            leases: The names of all leases of the unit.
            pace: How fast it reacts.
        """
        self.owned: frozenset[str] = frozenset()
        self.alone = True
        self._store = store
        self._leases = tuple(leases)
        self._pace = pace or Pace()
        self._listeners: list[Callable[[], None]] = []
        self._begin()

    def _begin(self) -> None:
        self._me = str(uuid4())
        self._heartbeat = 0
        self._last_heartbeat = float("-inf")
        self._seen: dict[str, _Seen] = {}
        self._settled: frozenset[str] = frozenset()

    @property
    def collections(self) -> tuple[Collection, ...]:
        """The collections that the store must be prepared for."""
        leases = Collection(name=_LEASES, fields=(Field("owner", Kind.TEXT),))
        return Collection(name=_MEMBERS), leases

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` when `owned` or `alone` has changed."""
        self._listeners.append(listener)

    @contextmanager
    def listening(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call `listener` as `listen` does, for the time of this context."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    async def join(self) -> None:
        """Become a member and take free leases."""
        self._begin()
        await self._write_heartbeat()
        await self.look()

    async def run(self) -> None:
        """Keep the leases up to date until cancelled."""
        while True:
            await asyncio.sleep(self._pace.look)
            try:
                await self.look()
            except Unavailable as error:
                _log.warning("leases not renewed", reason=str(error))

    async def look(self) -> None:
        """Write a heartbeat if others are alive, take free leases and give up surplus ones."""
        now = time.monotonic()
        alive = await self._alive(now)
        if len(alive) > 1 and now - self._last_heartbeat >= self._pace.heartbeat:
            await self._write_heartbeat()
        # With others, leases are looked at again and again: one of them may have taken this process
        # for dead for a moment.
        if len(alive) > 1 or alive != self._settled:
            await self._divide(alive)

    async def _divide(self, alive: frozenset[str]) -> None:
        """Take or release leases, so that in the end every member has an equal share."""
        members = sorted(alive)
        stored = await self._store.get_many(_LEASES, self._leases)
        wanted = {name: members[n % len(members)] for n, name in enumerate(self._leases)}
        # At once, so that the commits share a transaction.
        owners = await asyncio.gather(
            *(self._settle(name, stored.get(name), alive, to) for name, to in wanted.items())
        )
        held = dict(zip(self._leases, owners, strict=True))
        self._settled = alive if held == wanted else frozenset()
        owned = frozenset(name for name, owner in held.items() if owner == self._me)
        self._publish(owned, alone=len(alive) == 1)

    async def leave(self) -> None:
        """Give up all leases, so that others need not wait."""
        self._publish(frozenset(), alone=True)
        if not self._heartbeat:
            return  # it has not joined
        stored = await self._store.get_many(_LEASES, self._leases)
        mine = (lease for lease in stored.values() if _owner(lease) == self._me)
        await asyncio.gather(*(self._release(lease) for lease in mine))
        await self._forget(self._me, self._heartbeat)

    async def _settle(
        self, name: str, lease: Stored | None, alive: frozenset[str], wanted: str
    ) -> str:
        """Return who holds a lease, after this process has taken or released it."""
        owner = _owner(lease)
        version = lease.version if lease else 0
        if lease is not None and owner == self._me != wanted:
            await self._release(lease)
            return ""
        if owner not in alive and wanted == self._me:
            taken = await self._try(Commit(puts=(self._lease(name, self._me, version),)))
            return self._me if taken else ""
        return owner

    async def _release(self, lease: Stored) -> None:
        await self._try(Commit(puts=(self._lease(lease.id, "", lease.version),)))

    async def _alive(self, now: float) -> frozenset[str]:
        """Return the living members; the dead ones are removed."""
        found = await self._store.find(Query(collection=_MEMBERS, limit=_MANY))
        stored = {member.id: member for member in found}
        if self._me not in stored:  # this process was taken for dead
            self._heartbeat, self._settled = 0, frozenset()
            await self._write_heartbeat()
        else:
            self._heartbeat = stored[self._me].version
        for id in self._seen.keys() - stored.keys():
            del self._seen[id]
        alive = {self._me}
        for id, member in stored.items():
            seen = self._seen.get(id)
            if seen is None or seen.version != member.version:
                self._seen[id] = seen = _Seen(member.version, now)
            if id == self._me or now - seen.at < self._pace.dead:
                alive.add(id)
            else:
                await self._forget(id, member.version)
        return frozenset(alive)

    async def _write_heartbeat(self) -> None:
        put = Put(
            collection=_MEMBERS,
            id=self._me,
            data="{}",
            expected=self._heartbeat,
            version=self._heartbeat + 1,
        )
        if await self._try(Commit(puts=(put,))):
            self._heartbeat += 1
            self._last_heartbeat = time.monotonic()

    async def _forget(self, member: str, version: int) -> None:
        delete = Delete(collection=_MEMBERS, id=member, expected=version)
        await self._try(Commit(deletes=(delete,)))

    async def _try(self, commit: Commit) -> bool:
        with suppress(Conflict):  # another process was faster
            await self._store.commit(commit)
            return True
        return False

    def _lease(self, name: str, owner: str, version: int) -> Put:
        return Put(
            collection=_LEASES,
            id=name,
            data=json.dumps({"owner": owner}),
            expected=version,
            version=version + 1,
        )

    def _publish(self, owned: frozenset[str], *, alone: bool) -> None:
        if (owned, alone) != (self.owned, self.alone):
            self.owned, self.alone = owned, alone
            for listener in tuple(self._listeners):
                listener()


def _owner(lease: Stored | None) -> str:
    return str(json.loads(lease.data)["owner"]) if lease else ""
