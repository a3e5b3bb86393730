"""The ASGI applications of declared units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from chassis.auth import Verifier
from chassis.domain import snake_case
from chassis.http import health
from chassis.http.commands import CommandRoute
from chassis.http.deprecation import deprecated, formers
from chassis.http.document import About, document
from chassis.http.edge import METRICS, Edge
from chassis.http.middlewares import wrapped
from chassis.http.openapi import COMMAND_PROBLEMS
from chassis.http.problem import words
from chassis.http.reads import RowSearch, find_endpoint, get_endpoint, search_endpoint
from chassis.http.resources import PublicEndpoint, Resources
from chassis.http.routes import Find, Get, Post, Search
from chassis.projection import MaterializedView
from chassis.runtime import ProjectionRuntime, ServiceRuntime
from chassis.service import Service, aggregate_of
from chassis.telemetry import Telemetry
from chassis.telemetry.snapshot import Exposition

if TYPE_CHECKING:
    from chassis.api import Middleware

DOCUMENT = "/openapi.json"


def service_app(
    service: Service,
    runtime: ServiceRuntime,
    verifier: Verifier,
    readiness: health.Readiness,
    telemetry: Telemetry,
) -> ASGIApp:
    """Return the application of a service: its commands, and reads of its own data."""
    resources = Resources(verifier)
    gets = {route.of: route.path for route in service.routes if isinstance(route, Get)}
    commands: list[CommandRoute] = []
    for route in service.routes:
        match route:
            case Post():
                command = _command_route(service, route, gets)
                endpoint = command.endpoint(runtime.handle)
                resources.add_secured(route.method, route.path, route.roles, endpoint)
                commands.append(command)
                for former, since in formers(route):
                    answer = _command_route(service, former, gets).endpoint(runtime.handle)
                    resources.add_secured(
                        route.method,
                        former.path,
                        route.roles,
                        deprecated(answer, since, route.path),
                    )
            case Get():
                endpoint = get_endpoint(route, runtime.read)
                resources.add_secured("GET", route.path, route.roles, endpoint)
            case Search() | Find():
                _add_read(resources, route, partial(runtime.search, route.of))
    if service.routers or service.public:
        _add_routers(resources, service, runtime, verifier)
    about = About(
        name=service.name,
        summary=service.summary,
        tags={
            each.state: (words(snake_case(each.name)), each.summary) for each in service.aggregates
        },
    )
    made = partial(document, about, service.routes, commands, service.routers, service.public)
    exposition = Exposition(telemetry.metrics, runtime.sources)
    return _finished(
        service.name,
        resources,
        readiness,
        made,
        telemetry,
        exposition,
        service.middlewares,
    )


def projection_app(
    view: MaterializedView[Any],
    runtime: ProjectionRuntime,
    verifier: Verifier,
    readiness: health.Readiness,
    telemetry: Telemetry,
) -> ASGIApp:
    """Return the application of a projection or a stream: reads of its rows.

    Raises:
        TypeError: A route is not a query of rows.
    """
    resources = Resources(verifier)
    for route in view.routes:
        match route:
            case Search() | Find():
                _add_read(resources, route, runtime.search)
            case Post() | Get():
                raise TypeError(f"{view.name}: {route.path}: it has rows, and no aggregates")
    tags = {view.row: (words(view.name), view.summary)}
    about = About(name=view.name, summary=view.summary, tags=tags)
    made = partial(document, about, view.routes, ())
    exposition = Exposition(telemetry.metrics, runtime.sources)
    return _finished(view.name, resources, readiness, made, telemetry, exposition)


def _command_route(service: Service, route: Post, gets: dict[type, str]) -> CommandRoute:
    aggregate = aggregate_of(service, route.command)
    kind = service.messages.of(route.command)
    return CommandRoute(
        route,
        kind,
        aggregate.id,
        gets.get(aggregate.state),
        aggregate.state,
        aggregate.events,
    )


def _add_read(resources: Resources, route: Search | Find, search: RowSearch) -> None:
    _add_endpoint(resources, route, _row_endpoint(route, search))
    for former, since in formers(route):
        endpoint = deprecated(_row_endpoint(former, search), since, route.path)
        _add_endpoint(resources, former, endpoint)


def _row_endpoint(route: Search | Find, search: RowSearch) -> PublicEndpoint:
    match route:
        case Search():
            return search_endpoint(route, search)
        case Find():
            return find_endpoint(route, search)


def _add_endpoint(resources: Resources, route: Search | Find, endpoint: PublicEndpoint) -> None:
    if route.public:
        resources.add_public("GET", route.path, endpoint, is_live=route.live)
    else:
        resources.add_secured("GET", route.path, route.roles, endpoint, is_live=route.live)


def _add_routers(
    resources: Resources, service: Service, runtime: ServiceRuntime, verifier: Verifier
) -> None:
    """Add the routes that are written by hand.

    Raises:
        ValueError: The spec declares one of them.
    """
    from chassis.http.routers import routers_app  # FastAPI, which takes long to import

    app = routers_app(
        service.name, service.routers, verifier, COMMAND_PROBLEMS, public=service.public
    )
    app.state.runtime = runtime
    for route in app.state.routes:
        resources.add_app(route.methods - {"HEAD"}, route.path, app)


def _finished(
    name: str,
    resources: Resources,
    readiness: health.Readiness,
    document: Callable[[], dict[str, Any]],
    telemetry: Telemetry,
    exposition: Exposition,
    middlewares: Sequence[Middleware] = (),
) -> ASGIApp:
    """Add what every unit has: health, metrics, and its OpenAPI document, made when needed."""
    once = cache(document)

    async def openapi(_: Request) -> Response:
        return JSONResponse(await to_thread.run_sync(once))

    async def metrics(request: Request) -> Response:
        text, content_type = await exposition.text(request.headers.get("accept", ""))
        return Response(text, headers={"content-type": content_type})

    for path, endpoint in health.endpoints(readiness).items():
        resources.add("GET", path, endpoint)
    resources.add("GET", METRICS, metrics)
    resources.add("GET", DOCUMENT, openapi)
    return Edge(wrapped(resources.router(), middlewares), name, telemetry)
