"""The runtime of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from chassis import trace
from chassis.caller import Caller
from chassis.clock import Clock, utc_now
from chassis.errors import NotOwner
from chassis.health import Checks
from chassis.hub.port import Hub
from chassis.messages import Command, Event
from chassis.results import Outcome, Page, Versioned
from chassis.runtime.aggregates import StateRepository
from chassis.runtime.assembly import Environment, assemble
from chassis.runtime.commands import Request, check_owner
from chassis.runtime.retries import RETRY, Retry
from chassis.runtime.work import Work
from chassis.service import Service
from chassis.store.port import Collection, Store
from chassis.telemetry import Telemetry

S = TypeVar("S")


class ServiceRuntime:
    """Runs a service on a store and a hub."""

    def __init__(
        self,
        service: Service,
        store: Store,
        hub: Hub,
        clock: Clock = utc_now,
        retry: Retry = RETRY,
        telemetry: Telemetry | None = None,
        *,
        accept_empty_store: bool = False,
    ) -> None:
        telemetry = (telemetry or Telemetry.of(service.name)).via(hub.system)
        on = Environment(
            store=store,
            hub=hub,
            clock=clock,
            retry=retry,
            telemetry=telemetry,
            accept_empty_store=accept_empty_store,
        )
        parts, self._unit, self.sources = assemble(service, on)
        self._tracer = telemetry.tracer
        self._store = store
        self._repositories = {r.aggregate.state: r for r in parts.repositories}
        self._commands = parts.commands
        self._adapters = parts.adapters

    @property
    def collections(self) -> tuple[Collection, ...]:
        """The collections that the store is prepared for."""
        return self._unit.collections

    async def handle(
        self,
        command: Command,
        *,
        caller: Caller | None,
        message_id: UUID,
        expected_version: int | None = None,
        fingerprint: str | None = None,
    ) -> Outcome:
        """Handle a command on its aggregate in one atomic write.

        The current trace of `chassis.trace` is used, if there is one.

        Args:
            command: The command.
            caller: The caller; None for a trusted sender.
            message_id: The id of the command; it is handled once for each id.
            expected_version: The version that the aggregate must have; None for any.
            fingerprint: Tells this command from others with the same id; None if there are none.

        Raises:
            KeyReused: A command with this id, but another fingerprint, was handled before.
            Refused: A rule of the domain does not hold.
            NotOwner: The aggregate belongs to another user.
            VersionMismatch: The aggregate has another version.
            DeadlineExceeded: It is not worth to begin.
            Conflict: Other writers were faster, repeatedly.
            Unavailable: The store is unavailable.
        """
        request = Request(
            command=command,
            message_id=message_id,
            caller=caller,
            expected_version=expected_version,
            fingerprint=fingerprint,
        )
        with trace.use(trace.current() or self._tracer.root()):
            return await self._commands.handle(request)

    async def record(self, *events: Event) -> None:
        """Write events of one aggregate as its history, and publish them; there is no command."""
        with trace.use(trace.current() or self._tracer.root()):
            await self._commands.record(*events)

    async def read(self, kind: type[S], id: UUID, caller: Caller | None) -> Versioned[S] | None:
        """Return an aggregate; None if it does not exist or belongs to another user."""
        repository = self._repositories[kind]
        loaded = await repository.load(Work(self._store), str(id))
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
        """Return a page of state-stored aggregates. The route checks the rights of the caller.

        Args:
            kind: The class of the state.
            by: Values by field, of the type of the field or as text.
            filter: More values by field; those that are None are ignored.
            sort: The fields to sort by; a leading `-` means descending.
            limit: The largest number of aggregates.
            cursor: The cursor of the page before; None for the first page.

        Raises:
            InvalidQuery: A field or a value is not valid.
            InvalidCursor: The cursor is not valid for this query.
            TypeError: The aggregate is event-sourced.
        """
        repository = self._repositories[kind]
        if not isinstance(repository, StateRepository):
            raise TypeError(f"{kind.__name__} is event-sourced: search a projection of it instead")
        return await repository.rows.search(by, filter, sort, limit, cursor)

    @property
    def idle(self) -> bool:
        """Whether all messages that have been published are handled."""
        return self._unit.idle

    @property
    def topics(self) -> frozenset[str]:
        """The topics that the service reads."""
        return self._unit.topics

    async def start(self) -> None:
        """Open the adapters, prepare the store, start consumers, outbox relay and timers.

        It returns when they run. What an adapter raises while it is opened is passed on.

        Raises:
            DataLost: The store is empty, although the service has published events.
            Unavailable: The store or the hub is unavailable.
        """
        await self._adapters.open()
        await self._unit.start()

    async def drain(self) -> None:
        """Receive no more messages and timers, finish those in flight, publish the outbox."""
        await self._unit.drain()

    async def close(self) -> None:
        """Stop immediately, and close the adapters. The caller closes the store and the hub."""
        await self._unit.close()
        await self._adapters.close()

    async def readiness(self) -> Checks:
        """Return "ok", or the reason why not, for the store, the hub and the consumers."""
        return await self._unit.readiness()
