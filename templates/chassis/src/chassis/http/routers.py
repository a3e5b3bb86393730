"""Applications of FastAPI routers, whose requests need a token unless they are public."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from chassis import errors
from chassis.auth import Verifier
from chassis.domain import Refused
from chassis.http.bearer import bearer
from chassis.http.errors import field_errors, response_of
from chassis.http.openapi import COMMAND_PROBLEMS, Components, needed, problems
from chassis.http.problem import Problem, instance_of, invalid

_PROBLEMS = (
    Problem,
    Refused,
    HTTPException,
    RequestValidationError,
    errors.Unavailable,
    Exception,
)


def routers_app(
    name: str,
    routers: Sequence[APIRouter],
    verifier: Verifier,
    statuses: Sequence[int],
    *,
    public: Sequence[APIRouter] = (),
    routes: Sequence[BaseRoute] = (),
) -> FastAPI:
    """Return the application of `routers`, which answers errors as problems.

    Args:
        name: The name of the unit.
        routers: The routers.
        verifier: Verifies the tokens.
        statuses: The documented problems of each route.
        public: More routers, for which no token is required.
        routes: More routes, for which none is required either.

    Raises:
        TypeError: A router has something else than HTTP routes.
    """
    app = FastAPI(
        title=name,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        redirect_slashes=False,  # redirects would lead to a path of the gateway
        routes=[*routes],
    )
    app.state.verifier = verifier
    app.state.routes = [
        _http(name, route) for router in (*routers, *public) for route in router.routes
    ]
    for kind in _PROBLEMS:
        app.add_exception_handler(kind, _respond)
    include(app, routers, statuses, tags=[name])
    include_public(app, public, statuses, tags=[name])
    return app


def include(
    app: FastAPI,
    routers: Iterable[APIRouter],
    statuses: Sequence[int],
    tags: Sequence[str] = (),
) -> None:
    """Add `routers` to `app`; their routes require a token."""
    for router in routers:
        app.include_router(
            router,
            dependencies=[Depends(bearer)],
            responses=problems(*statuses),
            tags=[*tags],
        )


def routers_document(
    routers: Sequence[APIRouter], public: Sequence[APIRouter] = ()
) -> dict[str, Any]:
    """Return the OpenAPI document of the `routers` of a service, and of its `public` ones."""
    app = FastAPI(separate_input_output_schemas=False)
    include(app, routers, COMMAND_PROBLEMS)
    include_public(app, public, COMMAND_PROBLEMS)
    Components(app)
    return app.openapi()


def include_public(
    app: FastAPI,
    routers: Iterable[APIRouter],
    statuses: Sequence[int],
    tags: Sequence[str] = (),
) -> None:
    """Add `routers` to `app`; their routes require no token."""
    open_to_all = problems(*needed(statuses, public=True))
    for router in routers:
        app.include_router(router, responses=open_to_all, tags=[*tags])


def _http(name: str, route: BaseRoute) -> Route:
    if not isinstance(route, Route):
        raise TypeError(f"{name}: a router has HTTP routes only, and no {route}")
    return route


async def _respond(request: Request, error: Exception) -> Response:
    if isinstance(error, RequestValidationError):
        error = invalid(field_errors(error.errors(), skip=1))
    if isinstance(error, HTTPException) and error.status_code == 405:
        error = HTTPException(405, headers={"Allow": ", ".join(_allowed(request, error))})
    return response_of(error, instance_of(request.scope))


def _allowed(request: Request, error: HTTPException) -> list[str]:
    """Return the methods of all routes at the path of `request`; the error names those of one."""
    allowed = set((error.headers or {}).get("Allow", "").split(", ")) - {""}
    for route in request.app.state.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            allowed |= route.methods or set()
    return sorted(allowed | {"HEAD"} if "GET" in allowed else allowed)
