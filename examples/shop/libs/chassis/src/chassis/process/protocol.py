"""HTTP/1.1 connections that no client can keep open for nothing.

A client that sends the headers of a request byte by byte, or none at all, would occupy a connection
for ever ("slowloris"): uvicorn only limits how long a connection is idle after a response.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis.http.answers import HEADERS
from chassis.http.problem import MEDIA_TYPE, body_of, of_status
from chassis.process.peers import CERTIFIED


class Protocol(HttpToolsProtocol):
    """Closes connections without a request, and answers with problems what is not HTTP."""

    def __init__(self, *args: Any, header_timeout: float, **named: Any) -> None:
        super().__init__(*args, **named)
        self._header_timeout = header_timeout
        self._header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`. A new connection may be idle as long as one that was used."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def on_message_begin(self) -> None:
        """See `httptools`."""
        super().on_message_begin()
        if self.transport.get_extra_info("peercert"):
            self.scope.setdefault("state", {})[CERTIFIED] = True

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`. The time for the headers begins with their first byte."""
        if self._header_timer is None and (self.cycle is None or self.cycle.response_complete):
            self._header_timer = self.loop.call_later(self._header_timeout, self._too_slow)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """See `httptools`."""
        self._stop_timer()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._stop_timer()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, and close the connection."""
        self._close_with(400)

    def _too_slow(self) -> None:
        self._header_timer = None
        self._close_with(408)

    def _close_with(self, status: int) -> None:
        if self.transport.is_closing():
            return
        problem = of_status(status)
        body = json.dumps(body_of(problem)).encode()
        lines = [
            f"HTTP/1.1 {status} {problem.title}".encode(),
            b"content-type: " + MEDIA_TYPE.encode(),
            b"content-length: %d" % len(body),
            b"connection: close",
            *(b"%b: %b" % header for header in HEADERS),
        ]
        self.transport.write(b"\r\n".join([*lines, b"", body]))
        self.transport.close()

    def _stop_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None
