"""The outermost middleware of every application. It is plain ASGI, which is fastest.

It starts or continues the trace of a request, limits its size, answers HEAD like GET, turns errors
into problems and writes the access log. The caller does not see the details of unexpected errors.
"""

from __future__ import annotations

import time
from uuid import UUID

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import deadline, trace
from chassis.http import live
from chassis.http.access import CALLER
from chassis.http.answers import hardened
from chassis.http.errors import is_expected, response_of
from chassis.http.health import PATHS as HEALTH
from chassis.http.problem import instance_of
from chassis.telemetry import Telemetry

MAX_BODY_BYTES = 1024 * 1024
MAX_URI_BYTES = 8 * 1024
MAX_HEADER_BYTES = 32 * 1024  # as in the gateway
CORRELATION_ID = "x-correlation-id"
WAITED = "chassis.waited"  # in the ASGI scope: milliseconds until the request was admitted
ROUTE = "chassis.route"  # in the ASGI scope: the template of the path
METRICS = "/metrics"
_QUIET = HEALTH | {METRICS}
_CLIENT_CLOSED = 499
_EVENTS = f"{live.MEDIA_TYPE}; charset=utf-8".encode()

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.http")


class Edge:
    """Wraps the application of the unit `name`."""

    def __init__(self, app: ASGIApp, name: str, telemetry: Telemetry) -> None:
        self._app = app
        self._name = name
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = dict(scope["headers"])
        tracer = self._telemetry.tracer
        began = tracer.sampled(
            trace.begin(
                correlation_id=_uuid(sent.get(b"x-correlation-id")),
                traceparent=sent.get(b"traceparent", b"").decode("latin-1"),
            )
        )
        asked = _without_content(scope) if scope["method"] == "HEAD" else scope
        sender = _Sender(send, str(began.correlation_id))
        bound = structlog.contextvars.bind_contextvars(service=self._name)
        try:
            with tracer.server(began, asked, sender):
                await self._respond(scope, asked, _Receiver(receive), sender)
        finally:
            structlog.contextvars.reset_contextvars(**bound)

    async def _respond(self, scope: Scope, asked: Scope, receive: Receive, sender: _Sender) -> None:
        start = time.perf_counter()
        try:
            _check_size(scope)
            if asked["method"] == "GET":
                async with deadline.enforced():
                    await self._app(asked, receive, sender)
            else:  # a command is not stopped halfway: it is carried out, or has no effect
                await self._app(asked, receive, sender)
        except Exception as error:
            if not is_expected(error):
                _log.exception("unexpected error")
            if not sender.started:
                await response_of(error, instance_of(scope))(scope, receive, sender)
        finally:
            end = sender.streams_since or time.perf_counter()
            self._write(asked, scope["method"], sender.status, end - start)

    def _write(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        """Write the line of the access log, and record the request."""
        log = _log.debug if scope["path"] in _QUIET else _log.info
        current = trace.current()
        exemplar = self._telemetry.tracer.exemplar(current.traceparent) if current else None
        self._telemetry.metrics.request(method, route_of(scope), status, seconds, exemplar)
        caller = scope.get(CALLER)
        log(
            "request",
            method=method,
            path=scope["path"],
            status=status,
            ms=round(seconds * 1000, 2),
            waited_ms=scope.get(WAITED, 0),
            caller=str(caller.id) if caller else None,
        )


class _Receiver:
    """Passes on the body of the request, up to the limit."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._size = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > MAX_BODY_BYTES:
            raise HTTPException(413)
        return message


class _Sender:
    """Passes on the response with the correlation id, and records its status.

    A stream of events is answered when it begins.
    """

    def __init__(self, send: Send, correlation_id: str) -> None:
        self._send = send
        self._correlation_id = correlation_id
        self.started = False
        self.status = _CLIENT_CLOSED
        self.streams_since: float | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            if (b"content-type", _EVENTS) in message["headers"]:
                self.streams_since = time.perf_counter()
            named = (CORRELATION_ID.encode(), self._correlation_id.encode())
            message = {**message, "headers": [*hardened(message["headers"]), named]}
        await self._send(message)


def _without_content(scope: Scope) -> Scope:
    """Return a HEAD as a GET, whose content the server does not send: so it is no stream."""
    headers = [header for header in scope["headers"] if header[0] != b"accept"]
    return {**scope, "method": "GET", "headers": headers}


def route_of(scope: Scope) -> str:
    """Return the template of the path that a request was routed by; empty if there is none."""
    return str(getattr(scope.get("route"), "path", scope.get(ROUTE, "")))


def _check_size(scope: Scope) -> None:
    """Check that the target and the headers are not too large to be parsed quickly."""
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URI_BYTES:
        raise HTTPException(414)
    if sum([len(name) + len(value) for name, value in scope["headers"]]) > MAX_HEADER_BYTES:
        raise HTTPException(431)


def _uuid(text: bytes | None) -> UUID | None:
    try:
        return UUID(text.decode("latin-1")) if text else None
    except ValueError:
        return None
