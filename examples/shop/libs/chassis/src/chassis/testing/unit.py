"""One unit under test: its application, runtime and store, without servers.

    def test_a_customer_cannot_delist(product: TestUnit) -> None:
        answer = product.caller("customer").post(f"/products/{ID}/delist")
        assert answer.status == 403

Tests are synchronous: the unit runs in an event loop of its own, and every call returns when the
unit is idle.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID, uuid4

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from chassis.clock import utc_now
from chassis.dead_letters import DeadLetters
from chassis.http.health import Readiness
from chassis.messages import Event, Message
from chassis.process.assignments import is_bff
from chassis.process.host import Host, Overrides, host
from chassis.runtime import ServiceRuntime
from chassis.runtime.retries import Retry
from chassis.settings import Settings
from chassis.telemetry import Telemetry
from chassis.testing import identity
from chassis.testing.caller import TestCaller
from chassis.testing.contract import differences
from chassis.testing.fakes import FakeBackends
from chassis.testing.mailbox import Mailbox
from chassis.testing.memory_hub import MemoryHub
from chassis.testing.promises import PromisedBackends

if TYPE_CHECKING:
    from chassis.process.assignments import Unit

_IDLE_TIMEOUT = 60.0
_PAUSE = 0.001


class TestUnit:
    """A unit that runs during the `with` block."""

    __test__ = False  # it is not a test class

    def __init__(
        self,
        unit: Unit,
        *,
        backends: Mapping[str, Mapping[str, Any]] | None = None,
        contracts: Path | None = None,
    ) -> None:
        """Create a unit under test; the `with` block starts it.

        Args:
            unit: The declared unit.
            backends: The responses of the backends by name and path, for a backend-for-frontend. An
                int is a status; unknown paths are a 404.
            contracts: The folder with the contracts of the backends. Where `backends` has no
                response, they answer with the examples of these; what these do not promise is an
                error.
        """
        self._unit = unit
        promised = PromisedBackends(contracts) if contracts else None
        self._backends = FakeBackends(backends or {}, promised)
        self._hub = MemoryHub()
        self._passed = timedelta()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self._portal: BlockingPortal = self._stack.enter_context(start_blocking_portal())
        self._host: Host = self._portal.call(self._start, folder)
        self._stack.callback(self._portal.call, self._close)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        self._stack.close()

    def caller(self, *roles: str, sub: UUID | None = None) -> TestCaller:
        """Return a caller with `roles`, and with the id `sub` or a new one."""
        id = sub or uuid4()
        token = identity.token(id, roles)
        return TestCaller(self._send, id=id, headers={"authorization": f"Bearer {token}"})

    @property
    def anonymous(self) -> TestCaller:
        """A caller without a token."""
        return TestCaller(self._send, id=uuid4(), headers={})

    @property
    def published(self) -> tuple[Message, ...]:
        """The events and commands that the unit has published, in order."""
        return self._mail.published

    @property
    def requests(self) -> tuple[str, ...]:
        """The requests to the backends, e.g. `catalog /browse?listed=true`, `POST cart ...`."""
        return tuple(self._backends.requests)

    def differences_from(self, contract: Path) -> list[str]:
        """Return where the unit does not serve what its contract, an OpenAPI document, promises."""
        promised = json.loads(contract.read_text(encoding="utf-8"), parse_float=Decimal)
        return differences(promised, self.anonymous.get("/openapi.json").body)

    def given(self, *events: Event) -> None:
        """Let `events` have happened to an aggregate of the service; they are published."""
        self._portal.call(self._record, events)

    def receive(self, *messages: Message, caused_by: Message | None = None) -> None:
        """Deliver messages of other units, as the hub would, one after the other.

        Args:
            messages: The events or commands.
            caused_by: A message of the unit that these answer.

        Raises:
            AssertionError: The unit could not handle a message.
        """
        for message in messages:
            self._portal.call(self._run_until_idle, self._mail.deliver, message, caused_by)

    def refuse(self, command: Message, rule: str) -> None:
        """Refuse a command that the unit has published, as its receiver would."""
        self._portal.call(self._run_until_idle, self._mail.refuse, command, rule)

    def advance(self, by: timedelta) -> None:
        """Advance the clock, restart the unit and let it handle the timers that are due."""
        self._passed += by
        self._portal.call(self._restart)

    @property
    def _mail(self) -> Mailbox:
        if is_bff(self._unit):
            raise AssertionError("a backend-for-frontend sends and receives no messages")
        return self._mailbox

    async def _record(self, events: tuple[Event, ...]) -> None:
        runtime = self._host.runtime
        if not isinstance(runtime, ServiceRuntime):
            raise AssertionError(f"{self._unit.name} has no aggregates")
        await runtime.record(*events)
        await self._until_idle()

    async def _start(self, folder: Path) -> Host:
        settings = Settings(
            hub_url="",
            data_dir=folder,
            jwks_file=folder / "jwks.json",
            issuer=identity.ISSUER,
            audience=identity.AUDIENCE,
            peers=self._backends.peers(self._unit.calls) if is_bff(self._unit) else {},
        )
        overrides = Overrides(clock=self._now, retry=Retry(attempts=1), fetch=self._backends.fetch)
        verifier = identity.verifier(folder)
        telemetry = Telemetry.of(self._unit.name)
        started = host(self._unit, settings, self._hub, verifier, _unguarded, telemetry, overrides)
        await started.start()
        if not is_bff(self._unit):
            self._mailbox = Mailbox(
                self._unit.name,
                self._unit.messages,
                self._hub,
                started.runtime.topics,
                self._now,
            )
        return started

    async def _restart(self) -> None:
        await self._host.runtime.drain()
        await self._host.start()
        await self._until_idle()

    async def _close(self) -> None:
        await self._host.close()
        await self._hub.close()

    def _send(self, request: httpx.Request) -> httpx.Response:
        return self._portal.call(self._respond, request)

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(self._host.app, raise_app_exceptions=False)
        response = await transport.handle_async_request(request)
        await response.aread()
        await self._until_idle()
        return response

    async def _run_until_idle(self, do: Callable[..., None], *arguments: Any) -> None:
        do(*arguments)
        await self._until_idle()
        if self._host.store is not None:
            await self._mail.check(DeadLetters(self._host.store, self._now))

    async def _until_idle(self) -> None:
        """Wait until no message and no timer is pending."""
        deadline = time.monotonic() + _IDLE_TIMEOUT
        while not (self._is_idle and await self._store_is_idle() and self._is_idle):
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{self._unit.name} is not idle after {_IDLE_TIMEOUT:.0f} s; see its log"
                )
            await asyncio.sleep(_PAUSE)

    @property
    def _is_idle(self) -> bool:
        return self._hub.idle and self._host.runtime.idle

    async def _store_is_idle(self) -> bool:
        store = self._host.store
        return store is None or not (await store.outbox_size() or await store.due(self._now(), 1))

    def _now(self) -> datetime:
        return utc_now() + self._passed


def _unguarded(readiness: Readiness) -> Readiness:
    return readiness
