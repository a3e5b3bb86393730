"""Resources: the endpoints of a unit by path and method.

Requests are served by Starlette's router and by endpoints that parse exactly what they need.
FastAPI only makes the OpenAPI document (`chassis.http.document`): its generic parsing of parameters
takes more processor time than all the rest of a request.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.auth import Verifier
from chassis.caller import Caller
from chassis.http.access import authenticate, require_role
from chassis.http.edge import ROUTE
from chassis.http.live import live
from chassis.http.problem import not_found, of_status
from chassis.http.routes import Roles

Endpoint: TypeAlias = Callable[[Request], Awaitable[ASGIApp]]
"""Returns what responds to a request: a response, or another application."""
CallerEndpoint: TypeAlias = Callable[[Request, Caller], Awaitable[Response]]
PublicEndpoint: TypeAlias = Callable[[Request, Caller | None], Awaitable[Response]]

_PARAMETER = re.compile(r"{[^}]*}")


class Resources:
    """The endpoints of an application, by path and method."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._at: dict[str, _Place] = {}

    def add(self, method: str, path: str, endpoint: Endpoint) -> None:
        """Add an endpoint without access control.

        Raises:
            ValueError: There is one already, whatever its parameters are called.
        """
        place = self._at.setdefault(_PARAMETER.sub("{}", path), _Place(path))
        if method in place.endpoints:
            raise ValueError(f"{method} {path} is also declared as {method} {place.path}")
        place.endpoints[method] = endpoint

    def add_app(self, methods: Iterable[str], path: str, app: ASGIApp) -> None:
        """Let another application, which has an access control of its own, respond at a path."""

        async def passed_on(_: Request) -> ASGIApp:
            return app

        for method in methods:
            self.add(method, path, passed_on)

    def add_secured(
        self,
        method: str,
        path: str,
        roles: Roles,
        endpoint: CallerEndpoint,
        *,
        is_live: bool = False,
    ) -> None:
        """Add an endpoint for callers with one of `roles`, or for all callers without roles."""

        async def secured(request: Request) -> Response:
            caller = await authenticate(request, self._verifier)
            require_role(caller, roles)
            return await endpoint(request, caller)

        self.add(method, path, live(secured) if is_live else secured)

    def add_public(
        self, method: str, path: str, endpoint: PublicEndpoint, *, is_live: bool = False
    ) -> None:
        """Add an endpoint for everybody; it is given no caller."""

        async def public(request: Request) -> Response:
            return await endpoint(request, None)

        self.add(method, path, live(public) if is_live else public)

    def router(self) -> Router:
        """Return the ASGI application; it raises problems instead of responding with them."""
        places = sorted(self._at.values(), key=lambda at: "{" in at.path)  # literal ones first
        routes = [Route(at.path, _Resource(at.path, at.endpoints)) for at in places]
        # Redirects would lead to a path of the gateway.
        return Router(routes, redirect_slashes=False, default=_not_found)


@dataclass(frozen=True, slots=True)
class _Place:
    """A path, and its endpoints by method."""

    path: str
    endpoints: dict[str, Endpoint] = field(default_factory=dict)


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

    async def _respond(self, request: Request) -> ASGIApp:
        endpoint = self._endpoints.get(request.method)
        if endpoint is not None:
            return await endpoint(request)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=self._allow)
        raise of_status(405, self._allow)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    raise not_found()
