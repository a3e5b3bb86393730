"""A caller of a unit under test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
from pydantic_core import to_json, to_jsonable_python

from chassis.testing.promises import Operation

Send = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An HTTP response. `body` is decoded JSON with decimals; None if it is empty."""

    status: int
    body: Any
    headers: httpx.Headers

    @property
    def rule(self) -> str | None:
        """The rule of a problem (RFC 9457); None if the response is not a problem."""
        kind = self.headers.get("content-type")
        if kind != "application/problem+json":
            return None
        return str(self.body["type"]).removeprefix("urn:problem:")


class TestCaller:
    """A caller with an id and headers. The paths are those of the unit."""

    __test__ = False

    def __init__(self, send: Send, *, id: UUID, headers: Mapping[str, str]) -> None:
        self.id = id
        self._send = send
        self._headers = dict(headers)

    def with_headers(self, **headers: str) -> TestCaller:
        """Return the caller with more headers, e.g. `with_headers(if_match='"1"')`."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return TestCaller(self._send, id=self.id, headers={**self._headers, **more})

    def post(self, path: str, /, **body: object) -> Response:
        """Send a command; its fields are the keywords."""
        return self.send("POST", path, **body)

    def put(self, path: str, /, **body: object) -> Response:
        """Send a command by PUT."""
        return self.send("PUT", path, **body)

    def patch(self, path: str, /, **body: object) -> Response:
        """Send a command by PATCH."""
        return self.send("PATCH", path, **body)

    def delete(self, path: str, /) -> Response:
        """Send a command by DELETE, which has no body."""
        return self._request("DELETE", path, headers=self._headers)

    def send(self, method: str, path: str, /, **body: object) -> Response:
        """Send a command by any method."""
        headers = {**self._headers, "content-type": "application/json"}
        return self._request(method, path, headers=headers, content=to_json(body))

    def get(self, path: str, /, **params: object) -> Response:
        """Send a query; its parameters are the keywords."""
        given = {name: value for name, value in params.items() if value is not None}
        query = {name: _text(value) for name, value in to_jsonable_python(given).items()}
        return self._request("GET", path, headers=self._headers, params=query)

    def carry_out(self, operation: Operation) -> Response:
        """Send the request that is the example of an operation."""
        if operation.method == "GET":
            return self.get(operation.path, **operation.query)
        if operation.method == "DELETE":
            return self.delete(operation.path)
        return self.send(operation.method, operation.path, **operation.body)

    def _request(self, method: str, path: str, **given: Any) -> Response:
        response = self._send(httpx.Request(method, f"http://unit{path}", **given))
        content = response.content
        body = json.loads(content, parse_float=Decimal) if content else None
        return Response(status=response.status_code, body=body, headers=response.headers)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
