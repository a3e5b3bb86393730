"""The application of a backend-for-frontend."""

from __future__ import annotations

from functools import cache, partial

from fastapi import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from chassis.auth import Verifier
from chassis.bff import Bff
from chassis.connections import Connections
from chassis.http import health
from chassis.http.bff_document import bff_document
from chassis.http.edge import METRICS, Edge
from chassis.http.middlewares import wrapped
from chassis.http.openapi import BFF_PROBLEMS
from chassis.http.routers import routers_app
from chassis.telemetry import Telemetry
from chassis.telemetry.snapshot import Exposition


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

    routes = [*health.routes(readiness), Route(METRICS, metrics)]
    app = routers_app(
        bff.name, bff.routers, verifier, BFF_PROBLEMS, public=bff.public, routes=routes
    )
    app.state.connections = connections
    app.openapi = cache(partial(bff_document, bff, app))  # type: ignore[method-assign]
    return Edge(wrapped(app, bff.middlewares), bff.name, telemetry)
