"""Somebody who calls a unit under test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
from pydantic_core import to_json, to_jsonable_python

Ask = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer. `body`: decoded, numbers with a fraction as Decimal; None if empty."""

    status: int
    body: Any
    headers: httpx.Headers

    @property
    def rule(self) -> str | None:
        """The rule that a problem (RFC 9457) names; None if it is no problem."""
        kind = self.headers.get("content-type")
        if kind != "application/problem+json":
            return None
        return str(self.body["type"]).removeprefix("urn:problem:")


class TestCaller:
    """Somebody with an `id`, or nobody in particular. The paths are the unit's own."""

    __test__ = False

    def __init__(self, ask: Ask, *, id: UUID, headers: Mapping[str, str]) -> None:
        self.id = id
        self._ask = ask
        self._headers = dict(headers)

    def sending(self, **headers: str) -> TestCaller:
        """The same caller with more headers: `sending(if_match='"1"', idempotency_key="k")`."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return TestCaller(self._ask, id=self.id, headers={**self._headers, **more})

    def post(self, path: str, /, **body: object) -> Answer:
        """Send a command, the keywords being its fields."""
        headers = {**self._headers, "content-type": "application/json"}
        return self._request("POST", path, headers=headers, content=to_json(body))

    def get(self, path: str, /, **params: object) -> Answer:
        """Read, the keywords being the query."""
        given = {name: value for name, value in params.items() if value is not None}
        query = {name: _text(value) for name, value in to_jsonable_python(given).items()}
        return self._request("GET", path, headers=self._headers, params=query)

    def _request(self, method: str, path: str, **given: Any) -> Answer:
        response = self._ask(httpx.Request(method, f"http://unit{path}", **given))
        content = response.content
        body = json.loads(content, parse_float=Decimal) if content else None
        return Answer(status=response.status_code, body=body, headers=response.headers)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
