"""`/livez`: the event loop turns. `/readyz`: this instance can serve requests.

An orchestrator restarts an instance that is not alive, and sends no requests to one that is not
ready. A degraded instance is ready: another one would not do better, e.g. without the event hub.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.health import Checks, Severity, worst

Readiness: TypeAlias = Callable[[], Awaitable[Checks]]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
PATHS = frozenset({"/livez", "/readyz"})
_STATUS = {Severity.OK: "ok", Severity.DEGRADED: "degraded", Severity.FAILED: "not ready"}


def endpoints(readiness: Readiness) -> dict[str, Endpoint]:
    """Return the endpoints. `readiness` returns a check for each part."""

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        checks = await readiness()
        severity = worst(checks.values())
        return JSONResponse(
            {
                "status": _STATUS[severity],
                "checks": {name: check.to_json() for name, check in checks.items()},
            },
            status_code=503 if severity is Severity.FAILED else 200,
        )

    return {"/livez": livez, "/readyz": readyz}


def routes(readiness: Readiness) -> list[Route]:
    """Return the endpoints as routes."""
    return [Route(path, endpoint) for path, endpoint in endpoints(readiness).items()]
