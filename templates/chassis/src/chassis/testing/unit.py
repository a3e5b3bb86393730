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
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID, uuid4

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from chassis.envelope import Envelope
from chassis.http.health import Readiness
from chassis.messages import Catalog, Message
from chassis.process.assignments import is_bff
from chassis.process.host import Host, host
from chassis.settings import Settings
from chassis.testing import identity
from chassis.testing.caller import TestCaller
from chassis.testing.fakes import FakeBackends
from chassis.testing.memory_hub import MemoryHub

if TYPE_CHECKING:
    from chassis.process.assignments import Unit

_REST_WITHIN = 10.0
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
        return tuple(self._message(each.envelope) for each in self._hub.published)

    @property
    def asked(self) -> tuple[str, ...]:
        """What a backend-for-frontend has asked its backends: `catalog /browse?listed=true`."""
        return tuple(self._backends.asked)

    def receive(self, *messages: Message, because_of: Message | None = None) -> None:
        """Deliver events, or commands of other units, as the hub would, one after the other.

        `because_of`: a message that the unit has published, which these answer.
        """
        cause = None if because_of is None else self._envelope_of(because_of)
        for message in messages:
            self._portal.call(self._receive, message, cause)

    async def _start(self, folder: Path) -> Host:
        settings = Settings(
            nats_url="",
            data_dir=folder,
            jwks_file=folder / "jwks.json",
            issuer=identity.ISSUER,
            audience=identity.AUDIENCE,
            peers=self._backends.peers(self._unit.calls) if is_bff(self._unit) else {},
        )
        verifier = identity.verifier(folder)
        started = host(
            self._unit, settings, self._hub, verifier, _unguarded, self._backends.transport
        )
        await started.start()
        return started

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

    async def _receive(self, message: Message, cause: Envelope | None) -> None:
        kind = self._catalog.of(type(message))
        if not self._hub.listens_to(kind.topic):
            raise AssertionError(f"{self._unit.name} does not listen to {kind.topic}")
        self._hub.inject(
            kind.topic,
            Envelope(
                id=uuid4(),
                source=f"/{self._catalog.system}/test",
                type=kind.name,
                subject=kind.subject_of(message),
                time=datetime.now(UTC),
                data=message.model_dump(mode="json"),
                correlation_id=uuid4() if cause is None else cause.correlation_id,
                causation_id=None if cause is None else cause.id,
            ),
        )
        await self._rest()

    async def _rest(self) -> None:
        """Wait until nothing is in the outbox and nothing being delivered."""
        deadline = time.monotonic() + _REST_WITHIN
        while not (self._hub.idle and await self._outbox_is_empty() and self._hub.idle):
            if time.monotonic() > deadline:
                raise AssertionError(f"{self._unit.name} did not come to rest; see its log")
            await asyncio.sleep(_PAUSE)

    async def _outbox_is_empty(self) -> bool:
        return self._host.store is None or not await self._host.store.pending(1)

    @property
    def _catalog(self) -> Catalog:
        if is_bff(self._unit):
            raise AssertionError("a backend-for-frontend takes part in no messages")
        return self._unit.messages

    def _message(self, envelope: Envelope) -> Message:
        kind = self._catalog.named(envelope.type)
        if kind is None:
            raise AssertionError(f"{envelope.type} is not in the catalog: {dict(envelope.data)}")
        return kind.model.model_validate(envelope.data)

    def _envelope_of(self, message: Message) -> Envelope:
        for each in reversed(self._hub.published):
            if self._message(each.envelope) == message:
                return each.envelope
        raise AssertionError(f"{self._unit.name} has not published {message!r}")


def _unguarded(readiness: Readiness) -> Readiness:
    return readiness
