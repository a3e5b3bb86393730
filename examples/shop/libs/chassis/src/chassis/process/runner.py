"""The lifecycle of a process: listen, connect, start, serve, drain, stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import structlog

from chassis.process.admission import Admission, Load
from chassis.process.assignments import Assignment, load
from chassis.process.errors import CannotStart
from chassis.process.host import check
from chassis.process.limiter import Limits
from chassis.process.server import listen, new_server
from chassis.process.start import Background, start_units
from chassis.process.state import Process, ServedUnit
from chassis.process.verification import verification
from chassis.settings import Settings
from chassis.tasks import end

if TYPE_CHECKING:
    from chassis.process.assignments import Unit
    from chassis.telemetry.otlp import Spans

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.process")


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
    async with verification(settings) as verifier:
        process = Process(settings, verifier, spans=_spans(settings))
        stop = _stop_on_signals()
        try:
            _listen(process, units, assignments)
            return await _serve(process, stop)
        finally:
            await process.close()


def _spans(settings: Settings) -> Spans | None:
    """Return the exporter of spans; without an endpoint, OpenTelemetry is not imported."""
    if not settings.otel_exporter_otlp_endpoint:
        return None
    try:
        from chassis.telemetry.otlp import Spans
    except ImportError as error:
        raise CannotStart(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is set, but {error.name} is not installed: "
            "it belongs to the extra `telemetry` of the chassis"
        ) from error
    return Spans(settings.otel_exporter_otlp_endpoint, settings.otel_traces_sampler_arg)


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
        running=settings.max_running,
        waiting=settings.max_waiting,
        seconds=settings.max_wait,
        streams=settings.max_streams,
    )
    sockets = [listen(assignment.host, assignment.port) for assignment in assignments]
    for unit, socket in zip(units, sockets, strict=True):
        admission = Admission(unit.name, limits, body_timeout=settings.body_timeout)
        telemetry = process.telemetry_of(unit.name)
        telemetry.metrics.collect(Load(unit.name, admission))
        # Half of the drain timeout is for requests, the rest for messages.
        server = new_server(
            admission,
            finish_within=settings.drain_timeout / 2,
            header_timeout=settings.header_timeout,
            tls=settings.tls,
        )
        serving = asyncio.create_task(server.serve(sockets=[socket]), name=f"{unit.name} server")
        process.served.append(ServedUnit(unit, admission, telemetry, server, serving))
        _log.info("listening", service=unit.name, address=_address(socket.getsockname()))


async def _serve(process: Process, stop: asyncio.Event) -> int:
    """Start the units and serve until a signal, or until a task ends that should not."""
    stopped: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    starting = start_units(process)
    try:
        ended = await _first_to_end(
            {stopped, *(served.serving for served in process.served)}, starting
        )
    finally:
        await end((stopped, *starting))
    if ended is not stopped:
        _log.error("a task ended unexpectedly", task=ended.get_name(), exc_info=_error(ended))
    await process.drain()
    return 0 if ended is stopped else 1


async def _first_to_end(
    tasks: set[asyncio.Task[Any]], starting: set[asyncio.Task[Background]]
) -> asyncio.Task[Any]:
    """Return the first of `tasks` to end, or the first task of a started unit to fail."""
    waiting: set[asyncio.Task[Any]] = tasks | starting
    while True:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if task in tasks or _error(task) is not None:
                return task
            if task in starting:
                waiting |= task.result()


def _error(task: asyncio.Task[Any]) -> BaseException | None:
    return None if task.cancelled() else task.exception()


def _address(name: tuple[str, int]) -> str:
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
