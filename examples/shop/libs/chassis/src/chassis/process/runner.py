"""The life of a process: listen, connect, start, work, leave."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import structlog

from chassis.auth import KeysUnusable, Verifier
from chassis.errors import Unavailable
from chassis.process.assignments import Assignment, is_bff, load
from chassis.process.door import Door
from chassis.process.errors import CannotStart
from chassis.process.host import check, host
from chassis.process.server import listen, new_server
from chassis.process.state import Place, Process
from chassis.settings import Settings

if TYPE_CHECKING:
    from chassis.hub.port import Hub
    from chassis.process.assignments import Unit

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.process")
_RETRY_AT_MOST = 5.0


async def run(assignments: Sequence[Assignment], settings: Settings) -> int:
    """Serve the units until SIGTERM or SIGINT; return the exit code (0: asked to leave, 1: failed).

    Raises `CannotStart` for what is wrong before anything was started.
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
        _open(process, units, assignments)
        return await _live(process, stop)
    finally:
        await process.close()


def _stop_on_signals() -> asyncio.Event:
    """An event that the first SIGTERM or SIGINT sets; the second one ends the process at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def received(number: signal.Signals) -> None:
        if stop.is_set():
            loop.remove_signal_handler(number)
            signal.raise_signal(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, received, number)
    return stop


def _open(process: Process, units: Sequence[Unit], assignments: Sequence[Assignment]) -> None:
    """Listen at every port first: a port in use is said before anything else happens."""
    sockets = [listen(assignment.host, assignment.port) for assignment in assignments]
    for unit, socket in zip(units, sockets, strict=True):
        door = Door()
        # Half of the time to leave is for requests, the rest for messages.
        server = new_server(door, process.settings.drain_timeout / 2)
        serving = asyncio.create_task(server.serve(sockets=[socket]), name=f"{unit.name} server")
        process.places.append(Place(unit, door, server, serving))
        _log.info("listening", service=unit.name, address=_address(socket.getsockname()))


async def _live(process: Process, stop: asyncio.Event) -> int:
    """Start, and work until asked to stop or until something ends that should not."""
    stopped: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    starting = asyncio.create_task(_start(process))
    try:
        servers = {place.serving for place in process.places}
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
        _log.error("something ended that should not", what=ended.get_name(), exc_info=_error(ended))
    await process.drain()
    return 0 if ended is stopped else 1


async def _first_to_end(
    tasks: set[asyncio.Task[Any]], background: set[asyncio.Task[Any]]
) -> asyncio.Task[Any]:
    """The first of `tasks` to end, or of `background` to fail: those may well be done some day."""
    waiting = tasks | background
    while True:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if task in tasks or _error(task) is not None:
                return task


def _error(task: asyncio.Task[Any]) -> BaseException | None:
    return None if task.cancelled() else task.exception()


async def _start(process: Process) -> set[asyncio.Task[Any]]:
    """Start the units; return the tasks that they work in from now on."""
    if not all(is_bff(place.unit) for place in process.places):
        process.hub = await _connect(process)
    for place in process.places:
        hosted = host(
            place.unit, process.settings, process.hub, process.verifier, place.door.guarded
        )
        process.hosts.append(hosted)
    before = asyncio.all_tasks()
    await asyncio.gather(*(hosted.start() for hosted in process.hosts))
    started = asyncio.all_tasks() - before
    for place, hosted in zip(process.places, process.hosts, strict=True):
        place.door.open(hosted.app)
    _log.info("ready", units=[hosted.name for hosted in process.hosts])
    return started


async def _connect(process: Process) -> Hub:
    """The hub; while there is none the process waits, alive but not ready."""
    from chassis.hub.nats import connect_nats

    name = "+".join(place.unit.name for place in process.places)
    wait = 0.1
    process.say("hub: connecting")
    while True:
        try:
            return await connect_nats(process.settings.nats_url, name)
        except Unavailable as error:
            _log.warning("the event hub cannot be reached yet", reason=str(error))
            process.say(f"hub: {error}")
        await asyncio.sleep(wait)
        wait = min(2 * wait, _RETRY_AT_MOST)


def _address(name: tuple[str, int]) -> str:
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
