"""The running system, for end-to-end tests through its gateway.

    system = System.running(Path())
    alice = system.caller("customer")
    alice.post(f"/carts/{alice.id}/put-item", product_id=teapot, quantity=2)
    alice.eventually("/order-history", {"customer_id": alice.id}, total=39.80)

Each request prints a line, which pytest shows with `-s`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from uuid import UUID, uuid4

import httpx
from pydantic import BaseModel

from chassis.embedded import keys, state, topology
from chassis.embedded.console import Console
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.paths import ProjectPaths
from chassis.testing.matching import differences, matches

Json: TypeAlias = Any

_TOKEN_LIFETIME = timedelta(hours=1)
_REQUEST_TIMEOUT = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.2
_CONSISTENCY_TIMEOUT = 30.0
# Waiting does not change these.
_FINAL = frozenset({400, 401, 403, 405, 422})


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An HTTP response. `body` is decoded JSON with decimals; None if it is empty."""

    status: int
    body: Json
    headers: httpx.Headers

    def __str__(self) -> str:
        return f"{self.status} {json.dumps(self.body, default=str)}"


class Exchange(Protocol):
    """Sends a request and returns the response."""

    def __call__(
        self,
        method: str,
        path: str,
        *,
        content: str | None,
        params: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Response: ...


class System:
    """A system that runs, on this machine or elsewhere.

    Attributes:
        url: The URL of its gateway.
        units: The URLs of the units of a system that `up` has started.
    """

    def __init__(self, paths: ProjectPaths, url: str, units: Mapping[str, str]) -> None:
        self.url = url
        self.units = units
        self._auth = topology.load(paths.topology).auth
        self._paths = paths
        self._http = httpx.Client(base_url=self.url, timeout=_REQUEST_TIMEOUT, trust_env=False)
        self._names: Counter[str] = Counter()

    @classmethod
    def running(cls, root: Path) -> System:
        """Return the running system of the project at `root`.

        Raises:
            EmbeddedError: It is not running.
        """
        paths = ProjectPaths(root.resolve())
        found = state.read(paths)
        if found is None or len(found.alive) < len(found.plan.processes):
            raise EmbeddedError("the system is not running: run `make up`")
        return cls(paths, found.plan.gateway_url, found.plan.units)

    @classmethod
    def reachable(cls, root: Path) -> System:
        """Return the system at GATEWAY_URL, or the running one of the project at `root`.

        One at GATEWAY_URL must trust the development issuer of this project.

        Raises:
            EmbeddedError: There is none.
        """
        if url := os.environ.get("GATEWAY_URL"):
            return cls(ProjectPaths(root.resolve()), url, {})
        return cls.running(root)

    @classmethod
    @contextmanager
    def session(cls, root: Path) -> Iterator[System]:
        """Yield the system at GATEWAY_URL, or that of `up`, which is started for the block.

        One at GATEWAY_URL must trust the development issuer of this project.
        """
        from chassis.embedded.down import down
        from chassis.embedded.options import Options
        from chassis.embedded.up import up

        root = root.resolve()
        found = state.read(ProjectPaths(root))
        if os.environ.get("GATEWAY_URL") or (found is not None and found.alive):
            yield cls.reachable(root)
            return
        try:
            up(root, Console(), replace(Options.from_env(os.environ), gateway_port=0))
            yield cls.running(root)
        finally:
            down(root, Console())

    def caller(self, *roles: str, sub: UUID | None = None) -> Caller:
        """Return a caller.

        Args:
            roles: The roles of the caller.
            sub: The id of the caller; a new one by default.

        Raises:
            EmbeddedError: There is no such role.
        """
        subject = sub or uuid4()
        token = self.token(*roles, sub=subject)
        return Caller(self._exchange, name=self._name_for(roles), id=subject, token=token)

    def token(self, *roles: str, sub: UUID) -> str:
        """Return a token of the development issuer.

        Args:
            roles: The roles of the caller.
            sub: The id of the caller.

        Raises:
            EmbeddedError: There is no such role.
        """
        for role in roles:
            if role not in self._auth.roles:
                defined = ", ".join(self._auth.roles)
                raise EmbeddedError(f"there is no role {role!r}; there are {defined}")
        return self._issuer.issue(roles=roles, subject=sub, ttl=_TOKEN_LIFETIME)

    def anonymous(self) -> Caller:
        """Return a caller without a token."""
        return Caller(self._exchange, name="anonymous", id=uuid4(), token=None)

    @cached_property
    def _issuer(self) -> keys.Issuer:
        return keys.Issuer(self._paths, self._auth)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        content: str | None,
        params: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Response:
        response = self._http.request(
            method, path, content=content, params=params or None, headers=headers
        )
        return Response(
            status=response.status_code, body=decoded(response.content), headers=response.headers
        )

    def _name_for(self, roles: tuple[str, ...]) -> str:
        """Return a distinct name for each caller: `customer`, `customer2`."""
        name = "+".join(roles) or "caller"
        self._names[name] += 1
        return name if self._names[name] == 1 else f"{name}{self._names[name]}"


class Caller:
    """A caller of the system. Paths are those of the gateway; absolute URLs bypass it."""

    def __init__(
        self, exchange: Exchange, *, name: str, id: UUID, token: str | None, quiet: bool = False
    ) -> None:
        self.name = name
        self.id = id
        self.token = token
        self._exchange = exchange
        self._quiet = quiet

    def post(self, path: str, /, **body: object) -> dict[str, Json]:
        """Send a command, which must succeed, and return the response.

        It is repeated while something is not found, because events of other services may not have
        arrived yet. A refused command has no effect.
        """
        return self._command("POST", path, body)

    def put(self, path: str, /, **body: object) -> dict[str, Json]:
        """Send a command by PUT; see `post`."""
        return self._command("PUT", path, body)

    def patch(self, path: str, /, **body: object) -> dict[str, Json]:
        """Send a command by PATCH; see `post`."""
        return self._command("PATCH", path, body)

    def delete(self, path: str, /) -> dict[str, Json]:
        """Send a command by DELETE, which has no body; see `post`."""
        return self._command("DELETE", path, None)

    def _command(
        self, method: str, path: str, body: Mapping[str, object] | None
    ) -> dict[str, Json]:
        began = time.monotonic()
        pause = _FIRST_PAUSE
        while True:
            answer = self._send(method, path, body=body)
            passed = time.monotonic() - began
            if not is_not_found(answer) or passed > _CONSISTENCY_TIMEOUT:
                self._print(method, path, answer.status, passed)
                return self._succeeded(method, path, answer)
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def get(self, path: str, /, **params: object) -> dict[str, Json]:
        """Send a query, which must succeed, and return the response."""
        return self._succeeded("GET", path, self.request("GET", path, params=params))

    def refused(self, method: str, path: str, status: int, /, **body: object) -> dict[str, Json]:
        """Send a request that must fail with `status`, and return the problem (RFC 9457)."""
        answer = self.request(method, path, body=body if method != "GET" else None)
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if answer.status != status or kind != "application/problem+json":
            raise AssertionError(
                f"{self.name} {method} {path}: expected a problem with status {status}, "
                f"got {answer} ({kind})"
            )
        return dict(answer.body)

    def eventually(
        self,
        path: str,
        params: Mapping[str, object] | None = None,
        within: float = 60.0,
        /,
        **expected: object,
    ) -> dict[str, Json]:
        """Repeat a query until the object, or an item of the page, has the expected values.

        Args:
            path: The path.
            params: The parameters of the query.
            within: Seconds until the assertion fails.
            expected: The expected values.

        Returns:
            The object or item.
        """
        began = time.monotonic()
        pause = _FIRST_PAUSE
        while True:
            answer = self._send("GET", path, params=params)
            passed = time.monotonic() - began
            for candidate in _candidates(answer):
                if matches(candidate, expected):
                    self._print("GET", path, answer.status, passed, expected)
                    return candidate
            if answer.status in _FINAL or passed > within:
                self._print("GET", path, answer.status, passed)
                raise AssertionError(_timeout_message(self.name, path, expected, answer, passed))
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> Response:
        """Send any request and return the response, whatever it is; `quiet`: without a line."""
        began = time.monotonic()
        answer = self._send(method, path, body=body, params=params, headers=headers)
        if not quiet:
            self._print(method, path, answer.status, time.monotonic() - began)
        return answer

    def _succeeded(self, method: str, path: str, answer: Response) -> dict[str, Json]:
        if not 200 <= answer.status < 300:
            raise AssertionError(f"{self.name} {method} {path}: got {answer}")
        return dict(answer.body)

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        authorization = {"authorization": f"Bearer {self.token}"} if self.token else {}
        sent = {} if body is None else {"content-type": "application/json"}
        return self._exchange(
            method,
            path,
            content=None if body is None else json.dumps(body, default=_encoded),
            params={name: _parameter(value) for name, value in (params or {}).items()},
            headers={**authorization, **sent, **(headers or {})},
        )

    def _print(
        self,
        method: str,
        path: str,
        status: int,
        seconds: float,
        seen: Mapping[str, object] | None = None,
    ) -> None:
        if self._quiet:
            return
        coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        colour = "32" if status < 400 else "33" if status < 500 else "31"
        shown = f"\x1b[{colour}m{status}\x1b[0m" if coloured else str(status)
        values = "  " + ", ".join(f"{k}={v}" for k, v in seen.items()) if seen else ""
        print(f"{self.name:<10} {method:<4} {path} {shown}  {seconds * 1000:.0f} ms{values}")


def is_not_found(answer: Response) -> bool:
    """Return whether something is not there, or not yet."""
    kind = answer.body.get("type", "") if isinstance(answer.body, dict) else ""
    return answer.status in (404, 409) and str(kind).endswith("not_found")


def _candidates(answer: Response) -> list[dict[str, Json]]:
    """Return the items of a page, or the object itself."""
    if not 200 <= answer.status < 300 or not isinstance(answer.body, dict):
        return []
    items = answer.body.get("items")
    return items if isinstance(items, list) else [answer.body]


def _timeout_message(
    name: str, path: str, expected: Mapping[str, object], answer: Response, seconds: float
) -> str:
    lines = [f"{name} GET {path}: not as expected after {seconds:.1f} s"]
    candidates = _candidates(answer)
    if len(candidates) == 1:
        lines += [f"  {difference}" for difference in differences(candidates[0], expected)]
    else:
        lines.append("  expected " + ", ".join(f"{k}={v}" for k, v in expected.items()))
    lines.append(f"  last response: {answer}")
    return "\n".join(lines)


def decoded(content: bytes) -> Json:
    """Return decoded JSON with decimals, or text that is none; None if it is empty."""
    try:
        return json.loads(content, parse_float=Decimal) if content else None
    except ValueError:
        return content.decode(errors="replace")


def _encoded(value: object) -> object:
    """Encode what `json` cannot: decimals and ids become text, which is exact."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return list(value) if isinstance(value, tuple | set | frozenset) else str(value)


def _parameter(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
