"""The start of the units of a process: each on its own, again and again until it succeeds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from chassis.errors import DataLost, Unavailable
from chassis.hub.factory import connect_hub
from chassis.process.assignments import is_bff
from chassis.process.host import host
from chassis.process.state import Process, ServedUnit

if TYPE_CHECKING:
    from chassis.hub.port import Hub

Background: TypeAlias = set[asyncio.Task[Any]]
"""The tasks that the start of a unit has created."""

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.process")
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 5.0


def start_units(process: Process) -> set[asyncio.Task[Background]]:
    """Start every unit of `process` in a task of its own, so that none waits for another.

    A unit serves requests as soon as it has started. One that cannot start is tried again, and
    says why it is not ready.
    """
    connecting = asyncio.Lock()
    return {
        asyncio.create_task(
            _start(process, served, connecting), name=f"start of {served.unit.name}"
        )
        for served in process.served
    }


async def _start(process: Process, served: ServedUnit, connecting: asyncio.Lock) -> Background:
    if not is_bff(served.unit):
        async with connecting:
            process.hub = process.hub or await _connect(process)
    delay = _FIRST_DELAY
    while True:
        before = asyncio.all_tasks()
        try:
            await _start_once(process, served)
        except Unavailable as error:
            _log.warning("cannot start yet", service=served.unit.name, reason=str(error))
            served.admission.waiting(str(error))
        except DataLost as error:
            _log.error("refused to start", service=served.unit.name, reason=str(error))
            served.admission.waiting(str(error))
        except Exception as error:
            _log.exception("cannot start", service=served.unit.name, reason=str(error))
            served.admission.waiting(f"cannot start: {error}")
        else:
            _log.info("ready", service=served.unit.name)
            return asyncio.all_tasks() - before
        await asyncio.sleep(delay)
        delay = min(2 * delay, _LONGEST_DELAY)


async def _start_once(process: Process, served: ServedUnit) -> None:
    guard = served.admission.guarded
    hosted = host(
        served.unit, process.settings, process.hub, process.verifier, guard, served.telemetry
    )
    process.hosts.append(hosted)  # from now on the process closes it, also when this is cancelled
    try:
        await hosted.start()
    except Exception:
        process.hosts.remove(hosted)
        await hosted.close()
        raise
    served.admission.admit(hosted.app)


async def _connect(process: Process) -> Hub:
    """Connect to the hub. Until that succeeds, the units that need it are alive but not ready."""
    users = [served for served in process.served if not is_bff(served.unit)]
    name = "+".join(served.unit.name for served in users)
    delay, reason = _FIRST_DELAY, "connecting"
    while True:
        for served in users:
            served.admission.waiting(f"hub: {reason}")
        try:
            return await connect_hub(process.settings.hub_url, name)
        except Unavailable as error:
            reason = str(error)
        _log.warning("the event hub is not reachable yet", reason=reason)
        await asyncio.sleep(delay)
        delay = min(2 * delay, _LONGEST_DELAY)
