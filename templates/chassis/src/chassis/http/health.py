"""`/livez`: the process responds. `/readyz`: the unit can work; not while it starts or drains."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Readiness = Callable[[], Awaitable[Mapping[str, str]]]
Endpoint = Callable[[Request], Awaitable[Response]]
OK = "ok"
PATHS = frozenset({"/livez", "/readyz"})


def endpoints(readiness: Readiness) -> dict[str, Endpoint]:
    """Return the endpoints; `readiness` returns "ok", or the reason why not, for each part."""

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": OK})

    async def readyz(_: Request) -> Response:
        checks = await readiness()
        ready = all(check == OK for check in checks.values())
        return JSONResponse(
            {"status": OK if ready else "not ready", "checks": dict(checks)},
            status_code=200 if ready else 503,
            headers={"Cache-Control": "no-store"},
        )

    return {"/livez": livez, "/readyz": readyz}


def routes(readiness: Readiness) -> list[Route]:
    """Return the endpoints as routes."""
    return [Route(path, endpoint) for path, endpoint in endpoints(readiness).items()]
