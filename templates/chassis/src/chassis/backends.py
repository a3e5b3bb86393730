"""The backends of a backend-for-frontend: the units that it calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from enum import Enum
from typing import TypeVar
from urllib.parse import quote, urlencode

import structlog
from fastapi import Request
from pydantic import BaseModel, ValidationError

from chassis import deadline, trace
from chassis.copies import Copies
from chassis.http.edge import CORRELATION_ID
from chassis.http.problem import FieldError, Problem, of_status
from chassis.http_client import Fetch, Fetched
from chassis.telemetry.tracer import NO_SPANS, Tracer

M = TypeVar("M", bound=BaseModel)

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.backends")

_NOT_READY = 503
_SAFE_IN_PATH = "/:@!$&'()*+,;=-._~"


_FAILURES = {
    502: ("backend_failed", "failed"),
    503: ("backend_unavailable", "is starting or overloaded"),
    504: ("backend_too_slow", "did not answer in time"),
}


class BackendFailed(Problem):
    """A backend failed (502), cannot answer now (503) or timed out (504).

    Attributes:
        backend: The name of the unit.
        reason: What happened, for the log.
    """

    def __init__(
        self, status: int, backend: str, reason: str, headers: Mapping[str, str] | None = None
    ) -> None:
        rule, what = _FAILURES[status]
        super().__init__(status, rule, detail=f"The backend {backend} {what}.", headers=headers)
        self.backend = backend
        self.reason = reason


class Connections:
    """The HTTP connections to the peers of a backend-for-frontend."""

    def __init__(
        self,
        peers: Mapping[str, Sequence[str]],
        fetch: Fetch,
        *,
        timeout: float,
        tracer: Tracer = NO_SPANS,
    ) -> None:
        """Create the connections.

        Args:
            peers: The base URLs of each unit, one for each of its copies.
            fetch: Sends the requests.
            timeout: Seconds for a complete response.
            tracer: Makes a span of each request.
        """
        self.tracer = tracer
        self._peers = {unit: Copies(urls) for unit, urls in peers.items()}
        self._fetch = fetch
        self._timeout = timeout

    async def get(
        self, unit: str, path: str, query: Mapping[str, object], headers: Mapping[str, str]
    ) -> bytes:
        """Send a GET request to `unit` and return the body of its response.

        Args:
            unit: The name of the unit.
            path: The path.
            query: The parameters; those that are None are left out.
            headers: The headers.

        Raises:
            Problem: The unit rejects the request (4xx).
            BackendFailed: The unit fails, is not available, or does not respond in time.
        """
        target = quote(_without_dots(path), safe=_SAFE_IN_PATH)
        if parameters := _parameters(query):
            target += "?" + urlencode(parameters)
        left = deadline.remaining()
        timeout = self._timeout if left is None else min(self._timeout, left)
        told = {**headers, deadline.HEADER: str(int(timeout * 1000))}
        until = asyncio.get_running_loop().time() + timeout
        try:
            answer = await self._fetch_from_any(self._peers[unit], target, told, until)
        except TimeoutError as error:
            raise BackendFailed(504, unit, "timeout") from error
        except ConnectionError as error:
            raise BackendFailed(502, unit, str(error)) from error
        return _body(unit, answer)

    async def _fetch_from_any(
        self, copies: Copies, target: str, headers: Mapping[str, str], until: float
    ) -> Fetched:
        """Ask the copies in turn. A read can be repeated safely, e.g. in a deployment."""
        *urls, last = copies.in_turn() * 2 if copies.is_alone else copies.in_turn()
        for url in urls:
            with suppress(ConnectionError):
                answer = await self._fetch_from(copies, url, target, headers, until)
                if answer.status != _NOT_READY or copies.is_alone:
                    return answer
        return await self._fetch_from(copies, last, target, headers, until)

    async def _fetch_from(
        self, copies: Copies, url: str, target: str, headers: Mapping[str, str], until: float
    ) -> Fetched:
        with copies.watched(url):
            async with asyncio.timeout_at(until):
                return await self._fetch(url + target, headers)


class Backends:
    """The peers, called on behalf of the caller of one request."""

    def __init__(self, connections: Connections, headers: Mapping[str, str]) -> None:
        self._connections = connections
        self._headers = headers

    async def get(self, answer: type[M], unit: str, path: str, /, **query: object) -> M:
        """Return the response of `unit` to `GET path?query`, without parameters that are None.

        Raises:
            Problem: The unit rejects the request (4xx).
            BackendFailed: The unit fails, or its response is no `answer`.
        """
        with self._connections.tracer.client(unit, path):
            headers = {**self._headers, **_trace_headers()}
            body = await self._connections.get(unit, path, query, headers)
        try:
            return answer.model_validate_json(body)
        except ValidationError as error:
            where, why = _misfit(error)
            _log.warning("answer does not fit", backend=unit, path=path, where=where, why=why)
            raise BackendFailed(502, unit, "the answer does not fit") from error


async def backends_of(request: Request) -> Backends:
    """Return the backends for one request, which get its caller.

    This is a coroutine because FastAPI would run a plain function in a thread.
    """
    headers = {"authorization": request.headers.get("authorization", "")}
    return Backends(request.app.state.connections, headers)


def _trace_headers() -> dict[str, str]:
    current = trace.current()
    if current is None:
        return {}
    return {CORRELATION_ID: str(current.correlation_id), "traceparent": current.traceparent}


def _without_dots(path: str) -> str:
    """Reject dot segments: parts of the path come from clients, and must not leave it."""
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


def _body(unit: str, answer: Fetched) -> bytes:
    if 400 <= answer.status < 500:
        raise _forwarded_problem(answer)
    if answer.status == _NOT_READY:
        wait = answer.headers.get("retry-after", "1")
        raise BackendFailed(503, unit, "status 503", {"Retry-After": wait})
    if not 200 <= answer.status < 300:
        raise BackendFailed(502, unit, f"status {answer.status}")
    return answer.body


def _misfit(error: ValidationError) -> tuple[str, str]:
    """Return where an answer does not fit its model, and why, without its values."""
    first, *_ = error.errors(include_url=False, include_context=False, include_input=False)
    return ".".join(str(part) for part in first["loc"]), first["msg"]


def _forwarded_problem(answer: Fetched) -> Problem:
    """Return the problem (RFC 9457) of the backend, to be passed on to the caller."""
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
