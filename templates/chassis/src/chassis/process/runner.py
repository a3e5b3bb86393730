"""The lifecycle of a process: listen, connect, start, serve, drain, stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import structlog

from chassis.auth import KeysUnusable, Verifier
from chassis.errors import Unavailable
from chassis.process.admission import Admission
from chassis.process.assignments import Assignment, is_bff, load
from chassis.process.errors import CannotStart
from chassis.process.host import check, host
from chassis.process.limiter import Limits
from chassis.process.server import listen, new_server
from chassis.process.state import Process, ServedUnit
from chassis.settings import Settings

if TYPE_CHECKING:
    from chassis.hub.port import Hub
    from chassis.process.assignments import Unit

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.process")
_LONGEST_RETRY_DELAY = 5.0


async def run(assignments: Sequence[Assignment], settings: Settings) -> int:
    """Serve the units until SIGTERM or SIGINT.

    Args:
        assignments: The units and their addresses.
        settings: The settings of the process.

    Returns:
        The exit code: 0 after a signal, 1 after a failure.

    Raises:
        CannotStart: An assignment or a setting is wrong; nothing was started.
    """
    units = [load(assignment.reference) for assignment in assignments]
    for unit in units:
        check(unit, settings)
    verifier = Verifier(settings.jwks_file, issuer=settings.issuer, audience=settings.audience)
    try:
        verifier.reload()
    except KeysUnusable as error:
        raise CannotStart(f"JWKS_FILE: {error}") from error
    process = Process(settings, verifier)
    stop = _stop_on_signals()
    try:
        _listen(process, units, assignments)
        return await _serve(process, stop)
    finally:
        await process.close()


def _stop_on_signals() -> asyncio.Event:
    """Return an event that the first SIGTERM or SIGINT sets. The second one kills the process."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def received(number: signal.Signals) -> None:
        if stop.is_set():
            loop.remove_signal_handler(number)
            signal.raise_signal(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, received, number)
    return stop


def _listen(process: Process, units: Sequence[Unit], assignments: Sequence[Assignment]) -> None:
    """Listen on all ports, so that a port in use is reported before anything is started."""
    settings = process.settings
    limits = Limits(
        running=settings.max_running, waiting=settings.max_waiting, seconds=settings.max_wait
    )
    sockets = [listen(assignment.host, assignment.port) for assignment in assignments]
    for unit, socket in zip(units, sockets, strict=True):
        admission = Admission(unit.name, limits)
        # Half of the drain timeout is for requests, the rest for messages.
        server = new_server(admission, settings.drain_timeout / 2)
        serving = asyncio.create_task(server.serve(sockets=[socket]), name=f"{unit.name} server")
        process.served.append(ServedUnit(unit, admission, server, serving))
        _log.info("listening", service=unit.name, address=_address(socket.getsockname()))


async def _serve(process: Process, stop: asyncio.Event) -> int:
    """Start the units and serve until a signal, or until a task ends that should not."""
    stopped: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    starting = asyncio.create_task(_start(process))
    try:
        servers = {served.serving for served in process.served}
        ended = await _first_to_end({stopped, starting, *servers}, set())
        if ended is starting:
            background = starting.result()
            ended = await _first_to_end({stopped, *servers}, background)
    except Exception as error:
        _log.exception("cannot start", reason=str(error))
        return 1
    finally:
        stopped.cancel()
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
    if ended is not stopped:
        _log.error("a task ended unexpectedly", task=ended.get_name(), exc_info=_error(ended))
    await process.drain()
    return 0 if ended is stopped else 1


async def _first_to_end(
    tasks: set[asyncio.Task[Any]], background: set[asyncio.Task[Any]]
) -> asyncio.Task[Any]:
    """Return the first of `tasks` to end or of `background` to fail; those may end regularly."""
    waiting = tasks | background
    while True:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if task in tasks or _error(task) is not None:
                return task


def _error(task: asyncio.Task[Any]) -> BaseException | None:
    return None if task.cancelled() else task.exception()


async def _start(process: Process) -> set[asyncio.Task[Any]]:
    """Start the units and return their background tasks."""
    if not all(is_bff(served.unit) for served in process.served):
        process.hub = await _connect(process)
    for served in process.served:
        hosted = host(
            served.unit, process.settings, process.hub, process.verifier, served.admission.guarded
        )
        process.hosts.append(hosted)
    before = asyncio.all_tasks()
    await asyncio.gather(*(hosted.start() for hosted in process.hosts))
    started = asyncio.all_tasks() - before
    for served, hosted in zip(process.served, process.hosts, strict=True):
        served.admission.admit(hosted.app)
    _log.info("ready", units=[hosted.name for hosted in process.hosts])
    return started


async def _connect(process: Process) -> Hub:
    """Connect to the hub. Until that succeeds, the process is alive but not ready."""
    from chassis.hub.nats import connect_nats

    name = "+".join(served.unit.name for served in process.served)
    wait = 0.1
    process.report_waiting("hub: connecting")
    while True:
        try:
            return await connect_nats(process.settings.nats_url, name)
        except Unavailable as error:
            _log.warning("the event hub is not reachable yet", reason=str(error))
            process.report_waiting(f"hub: {error}")
        await asyncio.sleep(wait)
        wait = min(2 * wait, _LONGEST_RETRY_DELAY)


def _address(name: tuple[str, int]) -> str:
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
