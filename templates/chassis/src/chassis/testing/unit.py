"""One unit under test: its real application, runtime and store, without servers.

    def test_a_customer_cannot_delist(product: TestUnit) -> None:
        answer = product.caller("customer").post(f"/products/{ID}/delist-product")
        assert answer.status == 403

A test is plain code: the unit works in an event loop of its own, and every call returns when the
unit has come to rest.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID, uuid4

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from chassis.clock import utc_now
from chassis.http.health import Readiness
from chassis.messages import Message
from chassis.process.assignments import is_bff
from chassis.process.host import Host, Replaced, host
from chassis.runtime.consumer import Retry
from chassis.settings import Settings
from chassis.testing import identity
from chassis.testing.caller import TestCaller
from chassis.testing.fakes import FakeBackends
from chassis.testing.mail import Mail
from chassis.testing.memory_hub import MemoryHub

if TYPE_CHECKING:
    from chassis.process.assignments import Unit

_REST_WITHIN = 60.0
_PAUSE = 0.001


class TestUnit:
    """A unit that works while the `with` block runs.

    `backends`, for a backend-for-frontend: what its backends answer, by name and path; an int is a
    status, a path that is not there is a 404.
    """

    __test__ = False  # for pytest, which would take it for a test

    def __init__(
        self, unit: Unit, *, backends: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self._unit = unit
        self._backends = FakeBackends(backends or {})
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
        """Somebody with `roles`: new, or the one whose id is `sub`."""
        id = sub or uuid4()
        token = identity.token(id, roles)
        return TestCaller(self._ask, id=id, headers={"authorization": f"Bearer {token}"})

    @property
    def anonymous(self) -> TestCaller:
        """Somebody without a token."""
        return TestCaller(self._ask, id=uuid4(), headers={})

    @property
    def published(self) -> tuple[Message, ...]:
        """The events and commands that the unit has published, in their order."""
        return self._mail.published

    @property
    def asked(self) -> tuple[str, ...]:
        """What a backend-for-frontend has asked its backends: `catalog /browse?listed=true`."""
        return tuple(self._backends.asked)

    def receive(self, *messages: Message, because_of: Message | None = None) -> None:
        """Deliver events, or commands of other units, as the hub would, one after the other.

        `because_of`: a message that the unit has published, which these answer. An AssertionError
        says what the unit could not handle.
        """
        for message in messages:
            self._portal.call(self._resting, self._mail.deliver, message, because_of)

    def refuse(self, command: Message, rule: str) -> None:
        """Answer a command that the unit has published as its receiver does that refuses it."""
        self._portal.call(self._resting, self._mail.refuse, command, rule)

    def later(self, passed: timedelta) -> None:
        """Let time pass: the unit is stopped, started again then, and does what is due."""
        self._passed += passed
        self._portal.call(self._restart)

    @property
    def _mail(self) -> Mail:
        if is_bff(self._unit):
            raise AssertionError("a backend-for-frontend sends and receives no messages")
        return self._mailbox

    async def _start(self, folder: Path) -> Host:
        if not is_bff(self._unit):
            self._mailbox = Mail(self._unit.name, self._unit.messages, self._hub, self._now)
        settings = Settings(
            nats_url="",
            data_dir=folder,
            jwks_file=folder / "jwks.json",
            issuer=identity.ISSUER,
            audience=identity.AUDIENCE,
            peers=self._backends.peers(self._unit.calls) if is_bff(self._unit) else {},
        )
        replaced = Replaced(clock=self._now, retry=Retry(attempts=1), fetch=self._backends.fetch)
        verifier = identity.verifier(folder)
        started = host(self._unit, settings, self._hub, verifier, _unguarded, replaced)
        await started.start()
        return started

    async def _restart(self) -> None:
        await self._host.runtime.drain()
        await self._host.start()
        await self._rest()

    async def _close(self) -> None:
        await self._host.close()
        await self._hub.close()

    def _ask(self, request: httpx.Request) -> httpx.Response:
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(self._host.app, raise_app_exceptions=False)
        response = await transport.handle_async_request(request)
        await response.aread()
        await self._rest()
        return response

    async def _resting(self, do: Callable[..., None], *arguments: Any) -> None:
        do(*arguments)
        await self._rest()
        self._mail.check()

    async def _rest(self) -> None:
        """Wait until nothing is due, in the outbox or being delivered."""
        deadline = time.monotonic() + _REST_WITHIN
        while not (self._hub.idle and await self._nothing_waits() and self._hub.idle):
            if time.monotonic() > deadline:
                raise AssertionError(f"{self._unit.name} did not come to rest; see its log")
            await asyncio.sleep(_PAUSE)

    async def _nothing_waits(self) -> bool:
        store = self._host.store
        return store is None or not (await store.pending(1) or await store.due(self._now(), 1))

    def _now(self) -> datetime:
        return utc_now() + self._passed


def _unguarded(readiness: Readiness) -> Readiness:
    return readiness
