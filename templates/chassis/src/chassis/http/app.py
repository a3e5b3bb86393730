"""The ASGI applications of declared units."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from chassis.auth import Verifier
from chassis.http import errors, health, openapi
from chassis.http.commands import CommandRoute
from chassis.http.edge import Edge
from chassis.http.openapi import Components, problems
from chassis.http.parameters import operation_id
from chassis.http.reads import RowSearch, find_endpoint, get_endpoint, search_endpoint
from chassis.http.routes import Find, Get, Post, Search, parameters
from chassis.projection import Projection
from chassis.runtime import ProjectionRuntime, ServiceRuntime
from chassis.service import Service, aggregate_of


def service_app(
    service: Service, runtime: ServiceRuntime, verifier: Verifier, readiness: health.Readiness
) -> ASGIApp:
    """Return the application of a service: its commands, and reads of its own data."""
    app, components = new_app(service.name, verifier, readiness)
    gets = {route.of: route.path for route in service.routes if isinstance(route, Get)}
    for route in service.routes:
        match route:
            case Post():
                _add_command(app, components, _command_route(service, route, gets), runtime)
            case Get():
                _add_get(app, route, runtime)
            case Search() | Find():
                _add_read(app, route, partial(runtime.search, route.of))
    return Edge(app, service.name)


def projection_app(
    projection: Projection[Any, Any],
    runtime: ProjectionRuntime,
    verifier: Verifier,
    readiness: health.Readiness,
) -> ASGIApp:
    """Return the application of a projection: reads of its rows.

    Raises:
        TypeError: A route is not a query of rows.
    """
    app, _ = new_app(projection.name, verifier, readiness)
    for route in projection.routes:
        match route:
            case Search() | Find():
                _add_read(app, route, runtime.search)
            case Post() | Get():
                raise TypeError(f"{projection.name}: {route.path}: a projection has no aggregates")
    return Edge(app, projection.name)


def new_app(
    name: str, verifier: Verifier, readiness: health.Readiness
) -> tuple[FastAPI, Components]:
    """Return an application with what all have: health, problems and token verification."""
    app = FastAPI(
        title=name,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # redirects would lead to a path of the gateway
        routes=list(health.routes(readiness)),
    )
    app.state.verifier = verifier
    errors.install(app)
    return app, Components(app)


def _command_route(service: Service, route: Post, gets: dict[type, str]) -> CommandRoute:
    aggregate = aggregate_of(service, route.command)
    return CommandRoute(route, aggregate.id, gets.get(aggregate.state))


def _add_command(
    app: FastAPI, components: Components, command: CommandRoute, runtime: ServiceRuntime
) -> None:
    route = command.route
    answer = {"model": openapi.outcome(route.command, command.id)}
    app.add_api_route(
        route.path,
        command.endpoint(runtime),
        methods=["POST"],
        status_code=200 if command.generated_id is None else 201,
        response_model=None,
        responses={
            **({200: answer} if command.generated_id is None else {}),
            201: {**answer, "description": "The aggregate was created."},
            **problems(*openapi.COMMAND_PROBLEMS),
        },
        description=(route.command.__doc__ or "").strip(),
        operation_id=operation_id(route),
        openapi_extra=components.request_body(
            route.command, parameters(route.path), command.generated_id
        ),
    )


def _add_get(app: FastAPI, route: Get, runtime: ServiceRuntime) -> None:
    _add_reading(app, route, get_endpoint(route, runtime), route.of, openapi.READ_PROBLEMS)


def _add_read(app: FastAPI, route: Search | Find, search: RowSearch) -> None:
    match route:
        case Search():
            endpoint, model = search_endpoint(route, search), openapi.page(route.of)
            _add_reading(app, route, endpoint, model, openapi.SEARCH_PROBLEMS)
        case Find():
            endpoint = find_endpoint(route, search)
            _add_reading(app, route, endpoint, route.of, openapi.READ_PROBLEMS)


def _add_reading(
    app: FastAPI, route: Get | Search | Find, endpoint: Any, model: type, statuses: Iterable[int]
) -> None:
    app.add_api_route(
        route.path,
        endpoint,
        methods=["GET"],
        response_model=None,
        responses={200: {"model": model}, **problems(*statuses)},
        operation_id=operation_id(route),
    )
