"""A unit at work: what its declaration, a store, the hub and the settings are put together to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from starlette.types import ASGIApp

from chassis.auth import Verifier
from chassis.clock import Clock, utc_now
from chassis.http.health import OK, Readiness
from chassis.identity import identity_of
from chassis.process.assignments import is_bff
from chassis.process.errors import CannotStart
from chassis.projection import Projection
from chassis.runtime.consumer import RETRY, Retry
from chassis.service import Service
from chassis.settings import Settings

if TYPE_CHECKING:
    from chassis.bff import Bff
    from chassis.http_client import Fetch
    from chassis.hub.port import Hub
    from chassis.process.assignments import Unit
    from chassis.store.port import Store

Guard = Callable[[Readiness], Readiness]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """What tests put in the place of the time, of patience and of the network."""

    clock: Clock = utc_now
    retry: Retry = RETRY
    fetch: Fetch | None = None


NOTHING = Replaced()


class Runtime(Protocol):
    """What runs besides the application."""

    async def start(self) -> None: ...
    async def drain(self) -> None: ...
    async def close(self) -> None: ...
    async def readiness(self) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class Host:
    """A unit's application and runtime; `store` and `release`: what only they use, and its end."""

    name: str
    app: ASGIApp
    runtime: Runtime
    store: Store | None
    release: Callable[[], Awaitable[None]]

    async def start(self) -> None:
        """Start the runtime; everything that it starts logs under the unit's name."""
        with structlog.contextvars.bound_contextvars(service=self.name):
            await self.runtime.start()

    async def close(self) -> None:
        """Stop at once and let go of everything."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.release)
            await self.runtime.close()


def check(unit: Unit, settings: Settings) -> None:
    """Raise `CannotStart` if the settings lack something that `unit` needs."""
    calls = set(unit.calls) if is_bff(unit) else set()
    if missing := sorted(calls - settings.peers.keys()):
        raise CannotStart(f"{unit.name} calls {', '.join(missing)}, but PEERS does not say where")


def host(
    unit: Unit,
    settings: Settings,
    hub: Hub | None,
    verifier: Verifier,
    guard: Guard,
    replaced: Replaced = NOTHING,
) -> Host:
    """Put `unit` together; nothing is started. `guard` makes readiness that of the process too."""
    match unit:
        case Service():
            return _host_service(unit, settings, _present(hub), verifier, guard, replaced)
        case Projection():
            return _host_projection(unit, settings, _present(hub), verifier, guard, replaced)
        case _:
            return _host_bff(unit, settings, verifier, guard, replaced)


def _host_service(
    service: Service,
    settings: Settings,
    hub: Hub,
    verifier: Verifier,
    guard: Guard,
    replaced: Replaced,
) -> Host:
    from chassis.http.app import service_app
    from chassis.runtime import ServiceRuntime
    from chassis.store.opening import open_store

    store = open_store(settings.data_dir, identity_of(service))
    runtime = ServiceRuntime(service, store, hub, replaced.clock, replaced.retry)
    app = service_app(service, runtime, verifier, guard(runtime.readiness))
    return Host(service.name, app, runtime, store, store.close)


def _host_projection(
    projection: Projection[Any, Any],
    settings: Settings,
    hub: Hub,
    verifier: Verifier,
    guard: Guard,
    replaced: Replaced,
) -> Host:
    from chassis.http.app import projection_app
    from chassis.runtime import ProjectionRuntime
    from chassis.store.opening import open_store

    store = open_store(settings.data_dir, identity_of(projection))
    runtime = ProjectionRuntime(projection, store, hub, replaced.clock, replaced.retry)
    app = projection_app(projection, runtime, verifier, guard(runtime.readiness))
    return Host(projection.name, app, runtime, store, store.close)


def _host_bff(
    bff: Bff,
    settings: Settings,
    verifier: Verifier,
    guard: Guard,
    replaced: Replaced,
) -> Host:
    from chassis.backends import Connections
    from chassis.http.bff_app import bff_app
    from chassis.http_client import HttpClient

    peers = {name: settings.peers[name] for name in bff.calls}
    client = HttpClient()
    fetch = replaced.fetch or client.fetch
    connections = Connections(peers, fetch, timeout=settings.backend_timeout)
    runtime = _NoRuntime()
    app = bff_app(bff, connections, verifier, guard(runtime.readiness))
    return Host(bff.name, app, runtime, None, client.close)


class _NoRuntime:
    """A backend-for-frontend has nothing in the background, and needs no backend to be ready:
    what is optional may fail, and what is not fails by itself."""

    async def start(self) -> None: ...
    async def drain(self) -> None: ...
    async def close(self) -> None: ...

    async def readiness(self) -> dict[str, str]:
        return {"unit": OK}


def _present(hub: Hub | None) -> Hub:
    if hub is None:
        raise CannotStart("a service or a projection needs the event hub")
    return hub
