"""The runtime of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from chassis.caller import Caller
from chassis.hub.port import Hub
from chassis.messages import Command
from chassis.results import Outcome, Page, Versioned
from chassis.runtime.clock import Clock, utc_now
from chassis.service import Service
from chassis.store.port import Store

S = TypeVar("S")


class ServiceRuntime:
    """A service at work on a store and a hub."""

    def __init__(self, service: Service, store: Store, hub: Hub, clock: Clock = utc_now) -> None:
        self._service = service

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
        Raises `Refused`, `NotOwner`, `VersionMismatch`; `Conflict` if others keep writing in between;
        `Unavailable`.
        """
        raise NotImplementedError

    async def read(self, kind: type[S], id: UUID, caller: Caller | None) -> Versioned[S] | None:
        """Return the aggregate of class `kind`; None if there is none or it is somebody else's."""
        raise NotImplementedError

    async def search(
        self,
        kind: type[S],
        by: Mapping[str, object],
        filter: Mapping[str, object],
        sort: tuple[str, ...],
        limit: int,
        cursor: str | None = None,
    ) -> Page[S]:
        """Return a page of the state-stored aggregates of class `kind` whose fields equal `by` and `filter`.

        Values may be text (as in a URL) or of the field's own type; entries of `filter` that are None are
        left out. `-` before a sort field: descending. The caller's rights are the route's business.
        Raises `InvalidQuery` (`InvalidCursor` for the cursor).
        """
        raise NotImplementedError

    async def start(self) -> None:
        """Prepare the store, start consumers, outbox relay and timers; return when they run."""

    async def drain(self) -> None:
        """Take no more messages and timers, finish those in flight, publish what is in the outbox."""

    async def close(self) -> None:
        """Stop everything at once. The store and the hub are the caller's to close."""

    async def readiness(self) -> dict[str, str]:
        """Return for every part ("store", "hub", "consumers", ...) "ok" or the reason why it is not."""
        return {}
