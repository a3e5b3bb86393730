"""One HTTP server for one unit, many of them in one event loop."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from chassis.process.errors import CannotStart

# Longer than the gateway and our own clients keep an idle connection: they are to close it, not we.
_KEEP_ALIVE = 75
_BACKLOG = 2048


class Server(uvicorn.Server):
    """A uvicorn server that leaves signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, or raise `CannotStart`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise CannotStart(f"{host}:{port}: cannot listen: {reason}") from error


def new_server(app: ASGIApp, finish_within: float) -> Server:
    """A server for `app`; when it is to exit, requests in flight get `finish_within` seconds."""
    return Server(
        uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=max(1, int(finish_within)),
        )
    )
