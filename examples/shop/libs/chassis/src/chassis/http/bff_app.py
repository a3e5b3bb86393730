"""The application of a backend-for-frontend. Only this module needs an HTTP client."""

from __future__ import annotations

from fastapi import Depends
from starlette.types import ASGIApp

from chassis.auth import Verifier
from chassis.backends import Connections
from chassis.bff import Bff
from chassis.http.app import new_app
from chassis.http.bearer import bearer
from chassis.http.edge import Edge
from chassis.http.health import Readiness
from chassis.http.openapi import BFF_PROBLEMS, problems


def bff_app(
    bff: Bff, connections: Connections, verifier: Verifier, readiness: Readiness
) -> ASGIApp:
    """Return the application of a backend-for-frontend: its routers, which require a token."""
    app, _ = new_app(bff.name, verifier, readiness)
    app.state.connections = connections
    for router in bff.routers:
        app.include_router(
            router, dependencies=[Depends(bearer)], responses=problems(*BFF_PROBLEMS)
        )
    return Edge(app, bff.name)
