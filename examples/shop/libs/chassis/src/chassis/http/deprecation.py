"""Former paths: they are answered as ever, and say that they are deprecated (RFC 9745)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from chassis.caller import Caller
from chassis.http.parameters import query_name
from chassis.http.problem import Problem
from chassis.http.routes import Find, Post, Search

R = TypeVar("R", bound=Post | Search | Find)
C = TypeVar("C", Caller, Caller | None)
Endpoint = Callable[[Request, C], Awaitable[Response]]

_PARAMETER = re.compile(r"{(\w+)}")


def formers(route: R) -> Iterator[tuple[R, date]]:
    """Return the route at each of its former paths, with the date of the deprecation."""
    named: dict[str, Any] = {} if isinstance(route, Post) else {"name": query_name(route)}
    for path, since in route.deprecated.items():
        yield replace(route, path=path, deprecated={}, **named), since


def deprecated(endpoint: Endpoint[C], since: date, successor: str) -> Endpoint[C]:
    """Return an endpoint that answers like `endpoint`, and names its `successor` (RFC 8288)."""
    at = int(datetime.combine(since, time(), UTC).timestamp())

    async def answer(request: Request, caller: C) -> Response:
        link = f'<{_filled(successor, request)}>; rel="successor-version"'
        headers = {"Deprecation": f"@{at}", "Link": link}
        try:
            response = await endpoint(request, caller)
        except Problem as problem:
            problem.headers |= headers
            raise
        response.headers.update(headers)
        return response

    return answer


def _filled(path: str, request: Request) -> str:
    given = {**request.query_params, **request.path_params}
    return _PARAMETER.sub(lambda found: quote(str(given.get(found[1], "")), safe=""), path)
