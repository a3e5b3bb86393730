"""The HTTP server of one unit. A process runs several in one event loop."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from chassis.process.errors import CannotStart
from chassis.process.peers import MutualTls
from chassis.process.protocol import Protocol
from chassis.settings import Tls

# Longer than the gateway and our own clients keep an idle connection, so that they close it first.
_KEEP_ALIVE = 75
_BACKLOG = 2048


class Server(uvicorn.Server):
    """A uvicorn server that leaves signal handling to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no signal handlers."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        CannotStart: The address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise CannotStart(f"{host}:{port}: cannot listen: {reason}") from error


def new_server(
    app: ASGIApp, *, finish_within: float, header_timeout: float, tls: Tls | None = None
) -> Server:
    """Return a server for `app`.

    Args:
        app: The ASGI application.
        tls: The files for mutual TLS.
        header_timeout: Seconds in which the headers of a request must arrive.
        finish_within: Seconds that requests in flight get when the server exits.
    """
    return Server(
        uvicorn.Config(
            app if tls is None else MutualTls(app),
            http=cast("type[Protocol]", partial(Protocol, header_timeout=header_timeout)),
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            **({} if tls is None else _encrypted(tls)),
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=max(1, int(finish_within)),
        )
    )


def _encrypted(tls: Tls) -> dict[str, Any]:
    """Return the settings of uvicorn; `MutualTls` refuses clients without a certificate."""
    return {
        "ssl_certfile": tls.certificate,
        "ssl_keyfile": tls.key,
        "ssl_ca_certs": str(tls.ca),
        "ssl_cert_reqs": ssl.CERT_OPTIONAL,
    }
