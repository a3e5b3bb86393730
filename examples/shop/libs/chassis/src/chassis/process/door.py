"""What answers at a unit's port: health from the first moment, the application once it is there."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.http import health, problem
from chassis.http.problem import Problem

STARTING, OPEN, DRAINING = "starting", "open", "draining"


class Door:
    """Stands before the application of a unit. Not ready while starting and draining."""

    def __init__(self) -> None:
        self._phase = STARTING
        self._reason = STARTING
        self._app: ASGIApp = Starlette(
            routes=[*health.routes(self._not_ready), Route("/{path:path}", _starting)]
        )

    def waiting(self, reason: str) -> None:
        """Say why it is not ready yet."""
        self._reason = reason

    def open(self, app: ASGIApp) -> None:
        """Let requests through to `app`."""
        self._app, self._phase = app, OPEN

    def drain(self) -> None:
        """Let requests through, but be ready no more."""
        self._phase = self._reason = DRAINING

    def guarded(self, readiness: health.Readiness) -> health.Readiness:
        """`readiness`, while the door is open."""

        async def guarded() -> dict[str, str]:
            if self._phase != OPEN:
                return await self._not_ready()
            return dict(await readiness())

        return guarded

    async def _not_ready(self) -> dict[str, str]:
        return {"unit": self._reason}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


async def _starting(request: Request) -> Response:
    starting = Problem(503, "starting", headers={"Retry-After": "1"})
    return problem.response(starting, instance=request.url.path, correlation_id=None)
