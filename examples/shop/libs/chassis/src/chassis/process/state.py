"""The state of a running process, and how it drains and stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from chassis.auth import Verifier
from chassis.process.admission import Admission
from chassis.process.host import Host
from chassis.process.server import Server
from chassis.settings import Settings
from chassis.telemetry import Metrics, Telemetry
from chassis.telemetry.tracer import NO_SPANS

if TYPE_CHECKING:
    from chassis.hub.port import Hub
    from chassis.process.assignments import Unit
    from chassis.telemetry.otlp import Spans

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.process")


@dataclass(slots=True)
class ServedUnit:
    """A unit, the server on its port, and the admission between them."""

    unit: Unit
    admission: Admission
    telemetry: Telemetry
    server: Server
    serving: asyncio.Task[None]


@dataclass(slots=True)
class Process:
    """A process and its units.

    Attributes:
        settings: The settings of the process.
        verifier: Verifies the bearer tokens.
        served: The units, from the moment that their ports are open.
        hosts: The units that have started, or are starting.
        spans: Exports spans, if there is somewhere to export them to.
        hub: The connection to the event hub.
    """

    settings: Settings
    verifier: Verifier
    served: list[ServedUnit] = field(default_factory=list)
    hosts: list[Host] = field(default_factory=list)
    spans: Spans | None = None
    hub: Hub | None = None

    def telemetry_of(self, unit: str) -> Telemetry:
        """Return what a unit records its work with."""
        tracer = self.spans.tracer(unit) if self.spans else NO_SPANS
        return Telemetry(Metrics(unit), tracer)

    async def drain(self) -> None:
        """Finish the work in flight: requests first, then messages."""
        _log.info("draining")
        for served in self.served:
            served.admission.drain()
        await asyncio.sleep(self.settings.drain_delay)
        try:
            async with asyncio.timeout(self.settings.drain_timeout):
                await self._stop_serving()
                await asyncio.gather(*(hosted.runtime.drain() for hosted in self.hosts))
        except TimeoutError:
            # Nothing is lost: what was accepted is in the stores, and the next start continues it.
            _log.warning("the drain timeout has passed with work in flight")

    async def close(self) -> None:
        """Stop immediately and release all resources."""
        for served in self.served:
            served.serving.cancel()
        for hosted in self.hosts:
            await _log_failure(hosted.close())
        if self.hub is not None:
            await _log_failure(self.hub.close())
        if self.spans is not None:
            await _log_failure(self.spans.close())
        _log.info("stopped")

    async def _stop_serving(self) -> None:
        for served in self.served:
            served.server.should_exit = True
        await asyncio.gather(*(served.serving for served in self.served), return_exceptions=True)


async def _log_failure(closing: Awaitable[None]) -> None:
    """Await `closing`; an error is logged, and must not keep the rest open."""
    try:
        await closing
    except Exception as error:
        _log.warning("closing failed", reason=repr(error))
