"""The backends of a backend-for-frontend: the units that it calls for one request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

import structlog
from fastapi import Query, Request, Response
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from chassis import trace
from chassis.connections import BackendFailed, Connections
from chassis.http.edge import CORRELATION_ID
from chassis.http.headers import IdempotencyKey, IfMatch

M = TypeVar("M", bound=BaseModel)

_Cursor = Annotated[
    str | None, Query(max_length=2048, description="The `next` of the previous page.")
]

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.backends")


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
        with self._connections.tracer.client(unit, "GET", path):
            headers = {**self._headers, **_trace_headers()}
            body = await self._connections.get(unit, path, query, headers)
        return _read(answer, body, unit, path)


class Commands:
    """Sends commands on behalf of the caller of one request, whose response tells the outcome."""

    def __init__(
        self,
        connections: Connections,
        headers: Mapping[str, str],
        response: Response,
    ) -> None:
        """Create it.

        Args:
            connections: The connections to the peers.
            headers: Those of each request.
            response: Gets the status and the headers of the outcome.
        """
        self._connections = connections
        self._headers = headers
        self._response = response

    async def send(
        self,
        outcome: type[M],
        unit: str,
        path: str,
        body: BaseModel | None = None,
        method: str = "POST",
        /,
        **fields: object,
    ) -> M:
        """Return the response of `unit` to a command, which is not repeated.

        Args:
            outcome: The model of the response.
            unit: The name of the unit.
            path: The path.
            body: Fields that the client has sent.
            method: The method of the command.
            fields: More fields.

        Raises:
            Problem: The unit rejects the request (4xx).
            BackendFailed: The unit fails, or its response is no `outcome`.
        """
        sent = body.model_dump(mode="json", exclude_unset=True) if body else {}
        with self._connections.tracer.client(unit, method, path):
            headers = {**self._headers, **_trace_headers()}
            content = to_json(sent | fields)
            answer = await self._connections.send(method, unit, path, headers, content)
        self._response.status_code = answer.status
        for name in ("etag", "location"):  # a path of a unit is the same at the gateway
            if name in answer.headers:
                self._response.headers[name] = answer.headers[name]
        return _read(outcome, answer.body, unit, path)


async def backends_of(request: Request) -> Backends:
    """Return the backends for one request, which get its caller.

    This is a coroutine because FastAPI would run a plain function in a thread.
    """
    return Backends(request.app.state.connections, _authorization(request))


async def cursor_of(cursor: _Cursor = None) -> str | None:
    """Return the cursor of the page that a request asks for, if it does."""
    return cursor


async def commands_of(
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Commands:
    """Return what sends the command of one request, with its caller and its conditions."""
    headers = _authorization(request)
    if idempotency_key is not None:
        headers["idempotency-key"] = idempotency_key
    if if_match is not None:  # several of these headers are one list (RFC 9110, 5.3)
        headers["if-match"] = ", ".join(request.headers.getlist("if-match"))
    connections: Connections = request.app.state.connections
    return Commands(connections, headers, response)


def _authorization(request: Request) -> dict[str, str]:
    return {"authorization": request.headers.get("authorization", "")}


def _trace_headers() -> dict[str, str]:
    current = trace.current()
    if current is None:
        return {}
    return {CORRELATION_ID: str(current.correlation_id), "traceparent": current.traceparent}


def _read(model: type[M], body: bytes, unit: str, path: str) -> M:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        where, why = _misfit(error)
        _log.warning("answer does not fit", backend=unit, path=path, where=where, why=why)
        raise BackendFailed(502, unit, "the answer does not fit") from error


def _misfit(error: ValidationError) -> tuple[str, str]:
    """Return where an answer does not fit its model, and why, without its values."""
    first, *_ = error.errors(include_url=False, include_context=False, include_input=False)
    return ".".join(str(part) for part in first["loc"]), first["msg"]
