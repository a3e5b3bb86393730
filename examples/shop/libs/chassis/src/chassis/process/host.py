"""Hosting of a unit: its declaration, store, hub and settings, wired to an application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from starlette.types import ASGIApp

from chassis.auth import Verifier
from chassis.clock import Clock, utc_now
from chassis.health import Checks, ok
from chassis.http.health import Readiness
from chassis.identity import identity_of
from chassis.process.assignments import is_bff
from chassis.process.errors import CannotStart
from chassis.projection import MaterializedView
from chassis.runtime.retries import RETRY, Retry
from chassis.service import Service
from chassis.settings import Settings
from chassis.telemetry import Telemetry

if TYPE_CHECKING:
    from chassis.bff import Bff
    from chassis.http_client import Fetch
    from chassis.hub.port import Hub
    from chassis.process.assignments import Unit
    from chassis.store.port import Store

Guard = Callable[[Readiness], Readiness]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """The parts that tests replace: the clock, the retries and the network."""

    clock: Clock = utc_now
    retry: Retry = RETRY
    fetch: Fetch | None = None


NO_OVERRIDES = Overrides()


class Runtime(Protocol):
    """The background work of a unit.

    Attributes:
        idle: Whether all messages that have been published are handled.
        topics: The topics that the unit reads.
    """

    @property
    def idle(self) -> bool: ...
    @property
    def topics(self) -> frozenset[str]: ...
    async def start(self) -> None: ...
    async def drain(self) -> None: ...
    async def close(self) -> None: ...
    async def readiness(self) -> Checks: ...


@dataclass(frozen=True, slots=True)
class Host:
    """A hosted unit.

    Attributes:
        name: The name of the unit.
        app: The HTTP application.
        runtime: The background work.
        store: The store of the unit; None for a backend-for-frontend.
        release: Closes what only this unit uses.
    """

    name: str
    app: ASGIApp
    runtime: Runtime
    store: Store | None
    release: Callable[[], Awaitable[None]]

    async def start(self) -> None:
        """Start the runtime. All it starts logs under the name of the unit."""
        with structlog.contextvars.bound_contextvars(service=self.name):
            await self.runtime.start()

    async def close(self) -> None:
        """Stop immediately and release all resources."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.release)
            await self.runtime.close()


def check(unit: Unit, settings: Settings) -> None:
    """Check that the settings have everything that `unit` needs.

    Raises:
        CannotStart: The address of a unit that it calls is missing.
    """
    calls = set(unit.calls) if is_bff(unit) else set()
    if missing := sorted(calls - settings.peers.keys()):
        raise CannotStart(f"{unit.name} calls {', '.join(missing)}, which PEERS does not have")


def host(
    unit: Unit,
    settings: Settings,
    hub: Hub | None,
    verifier: Verifier,
    guard: Guard,
    telemetry: Telemetry,
    overrides: Overrides = NO_OVERRIDES,
) -> Host:
    """Wire `unit`; nothing is started.

    Args:
        unit: The declared unit.
        settings: The settings of the process.
        hub: The event hub; a backend-for-frontend needs none.
        verifier: Verifies the bearer tokens.
        guard: Combines the readiness of the unit with that of the process.
        telemetry: What the unit records its work with.
        overrides: The parts that a test replaces.

    Raises:
        CannotStart: The unit needs the hub, and there is none.
    """
    match unit:
        case Service():
            return _host_service(
                unit, settings, _require_hub(hub), verifier, guard, telemetry, overrides
            )
        case MaterializedView():
            return _host_view(
                unit, settings, _require_hub(hub), verifier, guard, telemetry, overrides
            )
        case _:
            return _host_bff(unit, settings, verifier, guard, telemetry, overrides)


def _host_service(
    service: Service,
    settings: Settings,
    hub: Hub,
    verifier: Verifier,
    guard: Guard,
    telemetry: Telemetry,
    overrides: Overrides,
) -> Host:
    from chassis.http.app import service_app
    from chassis.runtime import ServiceRuntime
    from chassis.store.factory import open_store

    store = open_store(settings.data_dir, identity_of(service), settings.store_of(service.name))
    runtime = ServiceRuntime(
        service,
        store,
        hub,
        overrides.clock,
        overrides.retry,
        telemetry,
        accept_empty_store=service.name in settings.accept_empty_store,
    )
    app = service_app(service, runtime, verifier, guard(runtime.readiness), telemetry)
    return Host(service.name, app, runtime, store, store.close)


def _host_view(
    view: MaterializedView[Any],
    settings: Settings,
    hub: Hub,
    verifier: Verifier,
    guard: Guard,
    telemetry: Telemetry,
    overrides: Overrides,
) -> Host:
    from chassis.http.app import projection_app
    from chassis.runtime import ProjectionRuntime
    from chassis.store.factory import open_store

    store = open_store(settings.data_dir, identity_of(view), settings.store_of(view.name))
    runtime = ProjectionRuntime(view, store, hub, overrides.clock, overrides.retry, telemetry)
    app = projection_app(view, runtime, verifier, guard(runtime.readiness), telemetry)
    return Host(view.name, app, runtime, store, store.close)


def _host_bff(
    bff: Bff,
    settings: Settings,
    verifier: Verifier,
    guard: Guard,
    telemetry: Telemetry,
    overrides: Overrides,
) -> Host:
    from chassis.connections import Connections
    from chassis.http.bff_app import bff_app
    from chassis.http_client import HttpClient

    peers = {name: settings.peers[name] for name in bff.calls}
    client = HttpClient(settings.tls)
    fetch = overrides.fetch or client.fetch
    connections = Connections(
        peers, fetch, timeout=settings.backend_timeout, tracer=telemetry.tracer
    )
    runtime = _NoRuntime()
    app = bff_app(bff, connections, verifier, guard(runtime.readiness), telemetry)
    return Host(bff.name, app, runtime, None, client.close)


class _NoRuntime:
    """The runtime of a backend-for-frontend, which has no background work.

    It is ready whatever its backends are: optional parts may fail, and the others fail the request.
    """

    idle = True
    topics: frozenset[str] = frozenset()

    async def start(self) -> None: ...
    async def drain(self) -> None: ...
    async def close(self) -> None: ...

    async def readiness(self) -> Checks:
        return {"unit": ok()}


def _require_hub(hub: Hub | None) -> Hub:
    if hub is None:
        raise CannotStart("a service, a projection or a stream needs the event hub")
    return hub
