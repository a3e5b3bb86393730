"""Admission of requests to a unit: health checks at once, the rest when it has started."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.health import Checks, failed
from chassis.http import health, problem
from chassis.http.problem import Problem

STARTING, SERVING, DRAINING = "starting", "serving", "draining"


class Admission:
    """The ASGI application at a unit's port. Not ready while the unit starts or drains."""

    def __init__(self) -> None:
        self._phase = STARTING
        self._reason = STARTING
        self._app: ASGIApp = Starlette(
            routes=[*health.routes(self._not_ready), Route("/{path:path}", _starting)]
        )

    def waiting(self, reason: str) -> None:
        """Report `reason` as the cause why the unit is not ready yet."""
        self._reason = reason

    def admit(self, app: ASGIApp) -> None:
        """Pass requests on to `app` from now on."""
        self._app, self._phase = app, SERVING

    def drain(self) -> None:
        """Go on passing requests, but report that the unit is not ready."""
        self._phase = self._reason = DRAINING

    def guarded(self, readiness: health.Readiness) -> health.Readiness:
        """Return a readiness check that asks `readiness` only while requests are admitted."""

        async def guarded() -> Checks:
            if self._phase != SERVING:
                return await self._not_ready()
            return await readiness()

        return guarded

    async def _not_ready(self) -> Checks:
        return {"unit": failed(self._reason)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


async def _starting(request: Request) -> Response:
    # By the second header the gateway takes this instance out at once, and asks another one.
    headers = {"Retry-After": "1", "X-Envoy-Immediate-Health-Check-Fail": "true"}
    starting = Problem(503, "starting", headers=headers)
    return problem.response(starting, instance=request.url.path, correlation_id=None)
