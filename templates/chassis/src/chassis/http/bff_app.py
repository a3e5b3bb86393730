"""The application of a backend-for-frontend. Only this module needs FastAPI to serve requests."""

from __future__ import annotations

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp

from chassis import errors
from chassis.auth import Verifier
from chassis.backends import Connections
from chassis.bff import Bff
from chassis.domain import Refused
from chassis.http import health
from chassis.http.bearer import bearer
from chassis.http.edge import METRICS, Edge
from chassis.http.errors import field_errors, response_of
from chassis.http.openapi import BFF_PROBLEMS, Components, needed, problems
from chassis.http.problem import Problem, invalid, path_of
from chassis.telemetry import Telemetry
from chassis.telemetry.snapshot import Exposition

_PROBLEMS = (
    Problem,
    Refused,
    HTTPException,
    RequestValidationError,
    errors.Unavailable,
    Exception,
)


def bff_app(
    bff: Bff,
    connections: Connections,
    verifier: Verifier,
    readiness: health.Readiness,
    telemetry: Telemetry,
) -> ASGIApp:
    """Return the application of a backend-for-frontend: its routers, which require a token.

    Its public ones require none.
    """
    exposition = Exposition(telemetry.metrics)

    async def metrics(request: Request) -> Response:
        text, content_type = await exposition.text(request.headers.get("accept", ""))
        return Response(text, headers={"content-type": content_type})

    app = FastAPI(
        title=bff.name,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # redirects would lead to a path of the gateway
        routes=[*health.routes(readiness), Route(METRICS, metrics)],
    )
    app.state.verifier = verifier
    app.state.connections = connections
    app.state.routes = [
        route
        for router in (*bff.routers, *bff.public)
        for route in router.routes
        if isinstance(route, Route)
    ]
    Components(app)
    for kind in _PROBLEMS:
        app.add_exception_handler(kind, _respond)
    for router in bff.routers:
        app.include_router(
            router, dependencies=[Depends(bearer)], responses=problems(*BFF_PROBLEMS)
        )
    for router in bff.public:
        app.include_router(router, responses=problems(*needed(BFF_PROBLEMS, public=True)))
    return Edge(app, bff.name, telemetry)


async def _respond(request: Request, error: Exception) -> Response:
    if isinstance(error, RequestValidationError):
        error = invalid(field_errors(error.errors(), skip=1))
    if isinstance(error, HTTPException) and error.status_code == 405:
        error = HTTPException(405, headers={"Allow": ", ".join(_allowed(request, error))})
    return response_of(error, path_of(request.scope))


def _allowed(request: Request, error: HTTPException) -> list[str]:
    """Return the methods of all routes at the path of `request`; the error names those of one."""
    allowed = set((error.headers or {}).get("Allow", "").split(", ")) - {""}
    for route in request.app.state.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            allowed |= route.methods or set()
    return sorted(allowed | {"HEAD"} if "GET" in allowed else allowed)
