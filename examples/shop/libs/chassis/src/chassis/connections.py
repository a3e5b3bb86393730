"""The HTTP connections of a backend-for-frontend to the units that it calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import quote, urlencode

from chassis import deadline
from chassis.copies import Copies
from chassis.http.problem import FieldError, Problem, of_status
from chassis.http_client import Fetch, Fetched
from chassis.telemetry.tracer import NO_SPANS, Tracer

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
        target = _target(path, query)
        read = _Request("GET", target, headers, None)
        return (await self._answer(unit, read, self._fetch_from_any)).body

    async def send(
        self, method: str, unit: str, path: str, headers: Mapping[str, str], content: bytes
    ) -> Fetched:
        """Send a request with JSON to `unit` and return its successful response.

        It is sent once: without a response, nobody knows whether it was carried out.

        Raises:
            Problem: The unit rejects the request (4xx).
            BackendFailed: The unit fails, is not available, or does not respond in time.
        """
        headers = {**headers, "content-type": "application/json"}
        command = _Request(method, _target(path), headers, content)
        return await self._answer(unit, command, self._send_once)

    async def _answer(self, unit: str, request: _Request, ask: _Ask) -> Fetched:
        left = deadline.remaining()
        timeout = self._timeout if left is None else min(self._timeout, left)
        told = {**request.headers, deadline.HEADER: str(int(timeout * 1000))}
        until = asyncio.get_running_loop().time() + timeout
        try:
            answer = await ask(self._peers[unit], replace(request, headers=told, until=until))
        except TimeoutError as error:
            raise BackendFailed(504, unit, "timeout") from error
        except ConnectionError as error:
            raise BackendFailed(502, unit, str(error)) from error
        return _successful(unit, answer)

    async def _fetch_from_any(self, copies: Copies, request: _Request) -> Fetched:
        """Ask the copies in turn. A read can be repeated safely, e.g. in a deployment."""
        *urls, last = copies.in_turn() * 2 if copies.is_alone else copies.in_turn()
        for url in urls:
            with suppress(ConnectionError):
                answer = await self._fetch_from(copies, url, request)
                if answer.status != _NOT_READY or copies.is_alone:
                    return answer
        return await self._fetch_from(copies, last, request)

    async def _send_once(self, copies: Copies, request: _Request) -> Fetched:
        """Ask the first copy that accepts a connection."""
        *urls, last = copies.in_turn()
        for url in urls:
            with suppress(ConnectionRefusedError):
                return await self._fetch_from(copies, url, request)
        return await self._fetch_from(copies, last, request)

    async def _fetch_from(self, copies: Copies, url: str, request: _Request) -> Fetched:
        with copies.watched(url):
            async with asyncio.timeout_at(request.until):
                target = url + request.target
                return await self._fetch(target, request.headers, request.content, request.method)


@dataclass(frozen=True, slots=True)
class _Request:
    """A request to any copy of a unit, which must answer `until` then, in the loop's time."""

    method: str
    target: str
    headers: Mapping[str, str]
    content: bytes | None
    until: float = 0.0


_Ask: TypeAlias = Callable[[Copies, _Request], Awaitable[Fetched]]


def _target(path: str, query: Mapping[str, object] = MappingProxyType({})) -> str:
    target = quote(_without_dots(path), safe=_SAFE_IN_PATH)
    parameters = _parameters(query)
    return f"{target}?{urlencode(parameters)}" if parameters else target


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


def _successful(unit: str, answer: Fetched) -> Fetched:
    if 400 <= answer.status < 500:
        raise _forwarded_problem(answer)
    if answer.status == _NOT_READY:
        wait = answer.headers.get("retry-after", "1")
        raise BackendFailed(503, unit, "status 503", {"Retry-After": wait})
    if not 200 <= answer.status < 300:
        raise BackendFailed(502, unit, f"status {answer.status}")
    return answer


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
