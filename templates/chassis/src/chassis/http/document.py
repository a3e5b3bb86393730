"""The OpenAPI document of a unit. FastAPI makes it from signatures; it serves no request here."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query
from starlette.responses import Response

from chassis.caller import Caller
from chassis.domain import snake_case
from chassis.http import openapi
from chassis.http.bearer import bearer
from chassis.http.commands import LONGEST_KEY, CommandRoute
from chassis.http.deprecation import formers
from chassis.http.openapi import Components, problems
from chassis.http.parameters import (
    QueryModel,
    field_types,
    find_query,
    operation_id,
    search_query,
)
from chassis.http.problem import words
from chassis.http.routers import include, include_public
from chassis.http.routes import Find, Get, Post, Route, Search, parameters

Endpoint = Callable[..., Awaitable[Response]]
User = Annotated[Caller, Depends(bearer)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=LONGEST_KEY,
        description="Requests with the same key are carried out once.",
    ),
]
IfMatch = Annotated[str | None, Header(description="The expected version, as an entity tag.")]
IfNoneMatch = Annotated[
    str | None, Header(description="The response is 304 if this is still the entity tag.")
]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="The `id` of the last event: another one follows when something changes.",
    ),
]


def document(
    name: str,
    routes: Iterable[Route],
    commands: Iterable[CommandRoute],
    routers: Iterable[APIRouter] = (),
    public: Iterable[APIRouter] = (),
) -> dict[str, Any]:
    """Return the OpenAPI document of a unit.

    Args:
        name: The name of the unit.
        routes: Its declared routes.
        commands: Its `post` routes, once more.
        routers: Its routes that are written by hand.
        public: More of them, for which no token is required.
    """
    app = FastAPI(title=name, docs_url=None, redoc_url=None)
    components = Components(app)
    of = {command.route.command: command for command in commands}
    for route in routes:
        _add_route(app, components, route, of)
        for former, _ in () if isinstance(route, Get) else formers(route):
            _add_route(app, components, former, of, is_former=True)
    include(app, routers, openapi.COMMAND_PROBLEMS)
    include_public(app, public, openapi.COMMAND_PROBLEMS)
    return app.openapi()


def _add_route(
    app: FastAPI,
    components: Components,
    route: Route,
    of: Mapping[type, CommandRoute],
    *,
    is_former: bool = False,
) -> None:
    match route:
        case Post():
            command = replace(of[route.command], route=route)
            _add_command(app, components, command, is_former=is_former)
        case Get():
            endpoint = with_signature(_get, **path_types(route.path, route.of))
            shown = openapi.reduced(route.of, field_types(route.of), route.fields)
            _add_reading(app, route, endpoint, shown, openapi.READ_PROBLEMS, is_former)
        case Search():
            endpoint = with_signature(_reading(route), query=query_type(search_query(route)))
            page = openapi.page(route.of)
            _add_reading(app, route, endpoint, page, openapi.SEARCH_PROBLEMS, is_former)
        case Find():
            types = path_types(route.path, route.of)
            query = query_type(find_query(route))
            endpoint = with_signature(_reading(route), query=query, **types)
            _add_reading(app, route, endpoint, route.of, openapi.READ_PROBLEMS, is_former)


async def _post(
    caller: User, idempotency_key: IdempotencyKey = None, if_match: IfMatch = None, **path: Any
) -> Response:
    raise NotImplementedError


async def _get(caller: User, if_none_match: IfNoneMatch = None, **path: Any) -> Response:
    raise NotImplementedError


async def _search(caller: User, **given: Any) -> Response:
    raise NotImplementedError


async def _watch(caller: User, last_event_id: LastEventId = None, **given: Any) -> Response:
    raise NotImplementedError


async def _public(**given: Any) -> Response:
    raise NotImplementedError


async def _public_watch(last_event_id: LastEventId = None, **given: Any) -> Response:
    raise NotImplementedError


def _reading(route: Search | Find) -> Endpoint:
    if route.live:
        return _public_watch if route.public else _watch
    return _public if route.public else _search


def _add_command(
    app: FastAPI, components: Components, command: CommandRoute, *, is_former: bool
) -> None:
    route = command.route
    app.add_api_route(
        route.path,
        with_signature(_post, **path_types(route.path, route.command)),
        methods=[route.method],
        status_code=200 if command.generated_id is None else 201,
        response_model=None,
        responses={
            **_outcomes(command),
            **problems(*openapi.COMMAND_PROBLEMS),
            409: openapi.refusals(route.rules),
        },
        tags=[_spoken(command.aggregate)],
        summary=_spoken(route.command),
        description=(route.command.__doc__ or "").strip(),
        operation_id=_operation_id(route, is_former),
        deprecated=is_former or None,
        openapi_extra=components.request_body(
            route.command, (*parameters(route.path), *route.caller), command.generated_id
        ),
    )


def _outcomes(command: CommandRoute) -> openapi.Responses:
    """Return the successful responses: 201 only where something can be created."""
    model = openapi.outcome(command.route.command, command.id)
    located = openapi.ETAG | (openapi.LOCATION if command.location else {})
    changed: openapi.Responses = {
        200: {"model": model, "description": "The aggregate was changed.", "headers": openapi.ETAG}
    }
    created: openapi.Responses = {
        201: {"model": model, "description": "The aggregate was created.", "headers": located}
    }
    if command.generated_id is not None:
        return created
    return changed | created if command.route.upserts else changed


def _add_reading(
    app: FastAPI,
    route: Get | Search | Find,
    endpoint: Any,
    model: type,
    statuses: Iterable[int],
    is_former: bool,
) -> None:
    public = not isinstance(route, Get) and route.public
    app.add_api_route(
        route.path,
        endpoint,
        methods=["GET"],
        response_model=None,
        responses={**_found(route, model), **problems(*openapi.needed(statuses, public))},
        tags=[_spoken(route.of)],
        summary=_summary(route),
        operation_id=_operation_id(route, is_former),
        deprecated=is_former or None,
    )


def _operation_id(route: Route, is_former: bool) -> str:
    """Return the operation id; at a former path it has the words of the path, too."""
    former = f"_at_{re.sub(r'[^a-z0-9]+', '_', route.path).strip('_')}" if is_former else ""
    return operation_id(route) + former


def _found(route: Get | Search | Find, model: type) -> openapi.Responses:
    if not isinstance(route, Get):
        events = openapi.EVENTS if route.live else {}
        return {200: {"model": model, "description": "What was found.", **events}}
    return {
        200: {"model": model, "description": "The aggregate.", "headers": openapi.ETAG},
        304: {"description": "It has still the entity tag.", "headers": openapi.ETAG},
    }


def _summary(route: Get | Search | Find) -> str:
    if isinstance(route, Get):
        return f"Read: {_spoken(route.of).lower()}"
    above, _, last = route.path.rpartition("/")
    named = parameters(last)
    return f"{words(above.rpartition('/')[2])} by {words(*named).lower()}" if named else words(last)


def _spoken(of: type) -> str:
    """Return the name of a class in words: `CancelOrder` -> `Cancel order`."""
    return words(snake_case(of.__name__))


def with_signature(endpoint: Endpoint, **added: Any) -> Endpoint:
    """Return a function with the signature of `endpoint`, whose `**` parameter becomes `added`.

    FastAPI reads the signature of a function, and these functions are made from a table.
    """
    signature = inspect.signature(endpoint, eval_str=True)
    kept = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    made = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
        for name, annotation in added.items()
    ]

    async def documented(**given: Any) -> Response:
        return await endpoint(**given)

    documented.__signature__ = signature.replace(parameters=[*kept, *made])  # type: ignore[attr-defined]
    return documented


def path_types(path: str, of: type) -> dict[str, Any]:
    """Return the annotations of the parameters of `path`, which are fields of `of`."""
    types = field_types(of)
    return {name: Annotated[types[name], Path()] for name in parameters(path)}


def query_type(model: type[QueryModel]) -> Any:
    """Return the annotation of a complete query."""
    return Annotated[model, Query()]
