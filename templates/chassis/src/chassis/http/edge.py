"""The outermost middleware of every application. It is plain ASGI, which is fastest.

It starts or continues the trace of a request, limits the body, writes the access log, and logs
unexpected errors, whose details the caller does not see.
"""

from __future__ import annotations

import time
from uuid import UUID

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import trace
from chassis.http.bearer import CALLER

MAX_BODY_BYTES = 1024 * 1024
CORRELATION_ID = "x-correlation-id"
QUIET = frozenset({"/livez", "/readyz"})
_CLIENT_CLOSED = 499

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.http")


class Edge:
    """Wraps the application of the unit `name`."""

    def __init__(self, app: ASGIApp, name: str) -> None:
        self._app = app
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        began = trace.begin(
            correlation_id=_uuid(headers.get(CORRELATION_ID)),
            traceparent=headers.get("traceparent"),
        )
        with structlog.contextvars.bound_contextvars(service=self._name), trace.use(began):
            await self._respond(scope, _Receiver(receive), _Sender(send, str(began.correlation_id)))

    async def _respond(self, scope: Scope, receive: Receive, sender: _Sender) -> None:
        start = time.perf_counter()
        try:
            await self._app(scope, receive, sender)
        except Exception:
            # The application has already responded with a problem.
            _log.exception("unexpected error")
        finally:
            log = _log.debug if scope["path"] in QUIET else _log.info
            log(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=sender.status,
                ms=round((time.perf_counter() - start) * 1000, 2),
                caller=scope.get(CALLER),
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
    """Passes on the response with the correlation id, and records its status."""

    def __init__(self, send: Send, correlation_id: str) -> None:
        self._send = send
        self._correlation_id = correlation_id
        self.status = _CLIENT_CLOSED

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[CORRELATION_ID] = self._correlation_id
        await self._send(message)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
