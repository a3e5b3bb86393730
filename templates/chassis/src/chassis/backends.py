"""The units that a backend-for-frontend calls, over HTTP/1.1 with connections kept open."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from enum import Enum
from urllib.parse import quote

import httpx
from fastapi import Request
from pydantic import JsonValue

from chassis import trace
from chassis.http.edge import CORRELATION_ID
from chassis.http.problem import FieldError, Problem, of_status

_SAFE_IN_PATH = "/:@!$&'()*+,;=-._~"
# Shorter than our servers keep an idle connection, so that we do not write into one being closed.
_KEEP_ALIVE = 30.0


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
    """The connections of a process to its peers, shared by all requests."""

    def __init__(
        self,
        peers: Mapping[str, str],
        *,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`timeout`: seconds for a whole answer. `transport` replaces the network in tests."""
        self._peers = dict(peers)
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=timeout,
            trust_env=False,
            limits=httpx.Limits(max_connections=200, keepalive_expiry=_KEEP_ALIVE),
        )

    async def get(
        self, unit: str, path: str, query: Mapping[str, object], headers: Mapping[str, str]
    ) -> JsonValue:
        """The JSON that `unit` answers.

        Raises `Problem` with what it says about the request (4xx), else `BackendFailed`.
        """
        url = self._peers[unit] + quote(_without_dots(path), safe=_SAFE_IN_PATH)
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._send(url, _parameters(query), headers)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise BackendFailed(504, unit, "timeout") from error
        except httpx.HTTPError as error:
            raise BackendFailed(502, unit, f"{type(error).__name__}: {error}") from error
        return _content(unit, answer)

    async def _send(
        self, url: str, parameters: Mapping[str, str], headers: Mapping[str, str]
    ) -> httpx.Response:
        try:
            return await self._client.get(url, params=parameters, headers=dict(headers))
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.ConnectError):
            # The peer closed the connection (a deploy): a read may safely be asked again, once.
            return await self._client.get(url, params=parameters, headers=dict(headers))

    async def close(self) -> None:
        await self._client.aclose()


class Backends:
    """The peers, asked on behalf of the caller of one request."""

    def __init__(self, connections: Connections, headers: Mapping[str, str]) -> None:
        self._connections = connections
        self._headers = headers

    async def get(self, unit: str, path: str, /, **query: object) -> JsonValue:
        """What `unit` answers to `GET path?query`; parameters that are None are left out."""
        return await self._connections.get(unit, path, query, self._headers)


def backends_of(request: Request) -> Backends:
    """The dependency behind `Backends`: forwards who calls and in which trace."""
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


def _content(unit: str, answer: httpx.Response) -> JsonValue:
    if answer.is_client_error:
        raise _passed_on(answer)
    if not answer.is_success:
        raise BackendFailed(502, unit, f"status {answer.status_code}")
    try:
        content: JsonValue = answer.json()
    except ValueError as error:
        raise BackendFailed(502, unit, "the answer is not JSON") from error
    return content


def _passed_on(answer: httpx.Response) -> Problem:
    """The backend's problem (RFC 9457) as one of our own."""
    plain = of_status(answer.status_code)
    try:
        body = answer.json()
        rule = str(body["type"]).removeprefix("urn:problem:")
        errors = [FieldError(str(e["field"]), str(e["message"])) for e in body.get("errors", ())]
        return Problem(
            answer.status_code,
            rule,
            title=body.get("title"),
            detail=body.get("detail"),
            errors=errors,
            headers=_challenge(answer),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return plain


def _challenge(answer: httpx.Response) -> dict[str, str]:
    value = answer.headers.get("www-authenticate")
    return {"WWW-Authenticate": value} if value else {}
