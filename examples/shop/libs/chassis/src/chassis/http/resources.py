"""Resources: the endpoints of a unit by path and method.

Requests are served by Starlette's router and by endpoints that parse exactly what they need.
FastAPI only makes the OpenAPI document (`chassis.http.document`): its generic parsing of parameters
takes more processor time than all the rest of a request.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from chassis.auth import Verifier
from chassis.caller import Caller
from chassis.http.access import authenticate, require_role
from chassis.http.edge import ROUTE
from chassis.http.problem import not_found, of_status
from chassis.http.routes import Roles

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
CallerEndpoint: TypeAlias = Callable[[Request, Caller], Awaitable[Response]]
PublicEndpoint: TypeAlias = Callable[[Request, Caller | None], Awaitable[Response]]


class Resources:
    """The endpoints of an application, by path and method."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._endpoints: defaultdict[str, dict[str, Endpoint]] = defaultdict(dict)

    def add(self, method: str, path: str, endpoint: Endpoint) -> None:
        """Add an endpoint without access control."""
        self._endpoints[path][method] = endpoint

    def add_secured(self, method: str, path: str, roles: Roles, endpoint: CallerEndpoint) -> None:
        """Add an endpoint for callers with one of `roles`, or for all callers without roles."""

        async def secured(request: Request) -> Response:
            caller = authenticate(request, self._verifier)
            require_role(caller, roles)
            return await endpoint(request, caller)

        self.add(method, path, secured)

    def add_public(self, method: str, path: str, endpoint: PublicEndpoint) -> None:
        """Add an endpoint for everybody; it is given no caller."""

        async def public(request: Request) -> Response:
            return await endpoint(request, None)

        self.add(method, path, public)

    def router(self) -> Router:
        """Return the ASGI application; it raises problems instead of responding with them."""
        paths = sorted(self._endpoints, key=lambda path: "{" in path)  # literal ones first
        routes = [Route(path, _Resource(path, self._endpoints[path])) for path in paths]
        # Redirects would lead to a path of the gateway.
        return Router(routes, redirect_slashes=False, default=_not_found)


class _Resource:
    """The ASGI application at one path."""

    def __init__(self, path: str, endpoints: Mapping[str, Endpoint]) -> None:
        self._path = path
        self._endpoints = endpoints
        head = {"HEAD"} if "GET" in endpoints else set()
        self._allow = {"Allow": ", ".join(sorted({*endpoints, *head, "OPTIONS"}))}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[ROUTE] = self._path
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        endpoint = self._endpoints.get(request.method)
        if endpoint is not None:
            return await endpoint(request)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=self._allow)
        raise of_status(405, self._allow)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    raise not_found()
