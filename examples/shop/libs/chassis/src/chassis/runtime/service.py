"""The runtime of a service: its declaration, put to work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from chassis import trace
from chassis.caller import Caller
from chassis.clock import Clock, utc_now
from chassis.errors import NotOwner
from chassis.hub.port import Hub
from chassis.messages import Command
from chassis.results import Outcome, Page, Versioned
from chassis.runtime.aggregates import StateRepository
from chassis.runtime.assembly import assemble
from chassis.runtime.commands import Request, check_owner
from chassis.runtime.consumer import RETRY, Retry
from chassis.service import Service
from chassis.store.port import Store

S = TypeVar("S")


class ServiceRuntime:
    """A service at work on a store and a hub."""

    def __init__(
        self,
        service: Service,
        store: Store,
        hub: Hub,
        clock: Clock = utc_now,
        retry: Retry = RETRY,
    ) -> None:
        parts, self._unit = assemble(service, store, hub, clock, retry)
        self._repositories = {r.aggregate.state: r for r in parts.repositories}
        self._commands = parts.commands

    async def handle(
        self,
        command: Command,
        *,
        caller: Caller | None,
        message_id: UUID,
        expected_version: int | None = None,
    ) -> Outcome:
        """Carry out a command on its aggregate, in one atomic write, once for every `message_id`.

        `caller` None: trusted. The trace is taken from `chassis.trace`, if one is in use.
        Raises `Refused`, `NotOwner`, `VersionMismatch`; `Conflict` if others keep writing in
        between; `Unavailable`.
        """
        request = Request(
            command=command,
            message_id=message_id,
            caller=caller,
            expected_version=expected_version,
        )
        with trace.use(trace.current() or trace.begin()):
            return await self._commands.handle(request)

    async def read(self, kind: type[S], id: UUID, caller: Caller | None) -> Versioned[S] | None:
        """Return the aggregate of class `kind`; None if there is none or it is somebody else's."""
        repository = self._repositories[kind]
        loaded = await repository.load(str(id))
        try:
            check_owner(repository.aggregate, caller, loaded.state)
        except NotOwner:
            return None
        return Versioned(loaded.state, loaded.version) if loaded.state is not None else None

    async def search(
        self,
        kind: type[S],
        by: Mapping[str, object],
        filter: Mapping[str, object],
        sort: tuple[str, ...],
        limit: int,
        cursor: str | None = None,
    ) -> Page[S]:
        """Return a page of the state-stored aggregates of class `kind`, as `by` and `filter` say.

        Values may be text (as in a URL) or of the field's own type; entries of `filter` that are
        None are left out. `-` before a sort field: descending. The caller's rights are the route's
        business. Raises `InvalidQuery` (`InvalidCursor` for the cursor).
        """
        repository = self._repositories[kind]
        if not isinstance(repository, StateRepository):
            raise TypeError(f"{kind.__name__} is event-sourced: search a projection of it instead")
        return await repository.rows.search(by, filter, sort, limit, cursor)

    async def start(self) -> None:
        """Prepare the store, start consumers, outbox relay and timers; return when they run."""
        await self._unit.start()

    async def drain(self) -> None:
        """Take no more messages and timers, finish those in flight, empty the outbox."""
        await self._unit.drain()

    async def close(self) -> None:
        """Stop everything at once. The store and the hub are the caller's to close."""
        await self._unit.close()

    async def readiness(self) -> dict[str, str]:
        """Return for every part (store, hub, consumers) "ok" or the reason why it is not."""
        return await self._unit.readiness()
