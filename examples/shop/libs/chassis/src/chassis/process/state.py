"""What a running process consists of, and how it leaves without dropping anything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from chassis.auth import Verifier
from chassis.process.door import Door
from chassis.process.host import Host
from chassis.process.server import Server
from chassis.settings import Settings

if TYPE_CHECKING:
    from chassis.hub.port import Hub
    from chassis.process.assignments import Unit

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.process")


@dataclass(slots=True)
class Place:
    """A unit, the server at its port and the door between them."""

    unit: Unit
    door: Door
    server: Server
    serving: asyncio.Task[None]


@dataclass(slots=True)
class Process:
    """The places are there from the beginning, the rest as soon as there is a hub."""

    settings: Settings
    verifier: Verifier
    places: list[Place] = field(default_factory=list)
    hosts: list[Host] = field(default_factory=list)
    hub: Hub | None = None

    def say(self, reason: str) -> None:
        """Let readiness say what the process waits for."""
        for place in self.places:
            place.door.waiting(reason)

    async def drain(self) -> None:
        """Finish what was begun: what comes in ends first, what goes out last."""
        _log.info("draining")
        for place in self.places:
            place.door.drain()
        await asyncio.sleep(self.settings.drain_delay)
        try:
            async with asyncio.timeout(self.settings.drain_timeout):
                await self._stop_serving()
                await asyncio.gather(*(hosted.runtime.drain() for hosted in self.hosts))
        except TimeoutError:
            # Nothing is lost: what was accepted is in the stores, the next start goes on with it.
            _log.warning("not everything could be finished in time")

    async def close(self) -> None:
        """Let go of everything."""
        for place in self.places:
            place.serving.cancel()
        for hosted in self.hosts:
            await _tolerantly(hosted.close())
        if self.hub is not None:
            await _tolerantly(self.hub.close())
        _log.info("left")

    async def _stop_serving(self) -> None:
        for place in self.places:
            place.server.should_exit = True
        await asyncio.gather(*(place.serving for place in self.places), return_exceptions=True)


async def _tolerantly(closing: Awaitable[None]) -> None:
    """What cannot be closed properly was broken before, and must not keep the rest open."""
    try:
        await closing
    except Exception as error:
        _log.warning("not closed properly", reason=repr(error))
