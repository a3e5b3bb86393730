"""The units that a backend-for-frontend calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import date
from enum import Enum
from urllib.parse import quote, urlencode

from fastapi import Request
from pydantic import JsonValue

from chassis import trace
from chassis.http.edge import CORRELATION_ID
from chassis.http.problem import FieldError, Problem, of_status
from chassis.http_client import Fetch, Fetched

_SAFE_IN_PATH = "/:@!$&'()*+,;=-._~"


class BackendFailed(Problem):
    """A backend did not do its part: 502, or 504 when it was too slow. `reason` is for the log."""

    def __init__(self, status: int, backend: str, reason: str) -> None:
        slow = status == 504
        super().__init__(
            status,
            "backend_too_slow" if slow else "backend_failed",
            detail=f"The backend {backend} {'did not answer in time' if slow else 'failed'}.",
        )
        self.backend = backend
        self.reason = reason


class Connections:
    """The peers of a backend-for-frontend, and how to ask them."""

    def __init__(self, peers: Mapping[str, str], fetch: Fetch, *, timeout: float) -> None:
        """`timeout`: seconds for a whole answer."""
        self._peers = dict(peers)
        self._fetch = fetch
        self._timeout = timeout

    async def get(
        self, unit: str, path: str, query: Mapping[str, object], headers: Mapping[str, str]
    ) -> JsonValue:
        """The JSON that `unit` answers.

        Raises `Problem` with what it says about the request (4xx), else `BackendFailed`.
        """
        url = self._peers[unit] + quote(_without_dots(path), safe=_SAFE_IN_PATH)
        if parameters := _parameters(query):
            url += "?" + urlencode(parameters)
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._fetch_twice(url, headers)
        except TimeoutError as error:
            raise BackendFailed(504, unit, "timeout") from error
        except ConnectionError as error:
            raise BackendFailed(502, unit, str(error)) from error
        return _content(unit, answer)

    async def _fetch_twice(self, url: str, headers: Mapping[str, str]) -> Fetched:
        try:
            return await self._fetch(url, headers)
        except ConnectionError:
            # The peer closed the connection (a deploy): a read may safely be asked again, once.
            return await self._fetch(url, headers)


class Backends:
    """The peers, asked on behalf of the caller of one request."""

    def __init__(self, connections: Connections, headers: Mapping[str, str]) -> None:
        self._connections = connections
        self._headers = headers

    async def get(self, unit: str, path: str, /, **query: object) -> JsonValue:
        """What `unit` answers to `GET path?query`; parameters that are None are left out."""
        return await self._connections.get(unit, path, query, self._headers)


async def backends_of(request: Request) -> Backends:
    """The dependency behind `Backends`: forwards who calls and in which trace.

    A coroutine, because FastAPI would call a plain function in a thread.
    """
    headers = {"authorization": request.headers.get("authorization", "")}
    if (current := trace.current()) is not None:
        headers[CORRELATION_ID] = str(current.correlation_id)
        headers["traceparent"] = current.traceparent
    return Backends(request.app.state.connections, headers)


def _without_dots(path: str) -> str:
    """Path segments come from clients too: they must not lead anywhere else."""
    if not path.startswith("/") or {".", ".."} & set(path.split("/")):
        raise Problem(404, "not_found")
    return path


def _parameters(query: Mapping[str, object]) -> dict[str, str]:
    return {name: _text(value) for name, value in query.items() if value is not None}


def _text(value: object) -> str:
    match value:
        case Enum():
            return str(value.value)
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _content(unit: str, answer: Fetched) -> JsonValue:
    if 400 <= answer.status < 500:
        raise _passed_on(answer)
    if not 200 <= answer.status < 300:
        raise BackendFailed(502, unit, f"status {answer.status}")
    try:
        content: JsonValue = json.loads(answer.body)
    except ValueError as error:
        raise BackendFailed(502, unit, "the answer is not JSON") from error
    return content


def _passed_on(answer: Fetched) -> Problem:
    """The backend's problem (RFC 9457) as one of our own."""
    challenge = answer.headers.get("www-authenticate")
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    try:
        body = json.loads(answer.body)
        return Problem(
            answer.status,
            str(body["type"]).removeprefix("urn:problem:"),
            title=body.get("title"),
            detail=body.get("detail"),
            errors=[FieldError(str(e["field"]), str(e["message"])) for e in body.get("errors", ())],
            headers=headers,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return of_status(answer.status, headers)
