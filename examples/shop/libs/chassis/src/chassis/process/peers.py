"""Mutual TLS: only the gateway and other units of the mesh send requests."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.http import health, problem
from chassis.http.answers import hardening
from chassis.http.edge import METRICS

CERTIFIED = "chassis.certified"  # in the state of the ASGI scope: the client has a certificate
_OPEN = health.PATHS | {METRICS}


class MutualTls:
    """Wraps the application of a unit whose server has asked for certificates.

    The server has verified a certificate that was sent. Without one there are only health checks
    and metrics, because orchestrators and Prometheus have none.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in _OPEN or scope["state"].get(CERTIFIED):
            await self._app(scope, receive, send)
            return
        refusal = problem.forbidden("This needs a certificate of the mesh.")
        response = problem.response(refusal, instance=problem.path_of(scope), correlation_id=None)
        await response(scope, receive, hardening(send))
