"""Running the real gateway on the real template: two backends behind it, and one that is down."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import httpx
import jwt
from chassis.embedded import envoy, keys, processes, readiness
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.ports import free_ports
from chassis.embedded.processes import Running
from chassis.gateway import variables
from chassis.health import ok

from tests.servers.authority import Issued
from tests.waiting import PATIENCE, wait_until

from .backends import Backend, backend
from .rendering import AUDIENCE, ISSUER, UNITS


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """A running gateway and what its tests need to talk to it."""

    url: str
    admin_port: int
    paths: ProjectPaths
    running: Running
    order: Backend
    order_history: Backend

    def token(self, **claims: object) -> str:
        """A good token of somebody new; `claims` change it, None takes one away."""
        header = {"kid": str(self.jwk["kid"]), "typ": "at+jwt"}
        return jwt.encode(accepted(**claims), self.key, algorithm="RS256", headers=header)

    @property
    def key(self) -> bytes:
        return self.paths.signing_key.read_bytes()

    @property
    def jwk(self) -> dict[str, Any]:
        return dict(json.loads(self.paths.jwks.read_bytes())["keys"][0])

    def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        authorization = {"authorization": f"Bearer {token}"} if token is not None else {}
        with httpx.Client(timeout=PATIENCE, trust_env=False) as client:
            return client.request(
                method, f"{self.url}{path}", headers={**authorization, **(headers or {})}
            )

    def logged(self, correlation_id: str) -> dict[str, Any]:
        """The line of the access log, which comes a moment later."""
        log = self.paths.log("gateway")

        def line() -> str | None:
            return next((n for n in log.read_text().splitlines() if correlation_id in n), None)

        return dict(json.loads(wait_until(line, f"a line with {correlation_id}") or "{}"))


def accepted(**changes: object) -> dict[str, object]:
    """Claims the gateway accepts, but for `changes`."""
    now = int(time.time())
    usual: dict[str, object] = {
        "sub": str(uuid4()),
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + 600,
        "roles": ["customer"],
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


@contextmanager
def running(
    root: Path,
    config: str,
    settings: Mapping[str, str] = MappingProxyType({}),
    *,
    scheme: str = "http",
    tls: tuple[Issued | None, Issued | None] = (None, None),
) -> Iterator[Gateway]:
    """A gateway with `config` in `root`, with its backends, which may have certificates."""
    paths = ProjectPaths(root)
    keys.ensure_keys(paths)
    (root / "envoy.yaml").write_text(config)
    with backend(tls[0]) as order, backend(tls[1]) as history:
        port, admin_port, nobody_port = free_ports(3)
        command = envoy.command(
            paths,
            "envoy.yaml",
            {
                "GATEWAY_HOST": "127.0.0.1",
                "GATEWAY_PORT": str(port),
                "GATEWAY_ADMIN_PORT": str(admin_port),
                **variables({"JWKS_FILE": paths.relative(paths.jwks), **settings}),
            },
            dict(
                zip(UNITS, ([order.port], [history.port], [nobody_port]), strict=True),
            ),
        )
        envoy_process = processes.start(command, cwd=root, env={}, log=paths.log("gateway"))
        try:
            _wait(f"{scheme}://127.0.0.1:{port}/livez", paths, envoy_process)
            yield Gateway(
                url=f"{scheme}://127.0.0.1:{port}",
                admin_port=admin_port,
                paths=paths,
                running=envoy_process,
                order=order,
                order_history=history,
            )
        finally:
            processes.stop([envoy_process], timeout=PATIENCE)


def _wait(url: str, paths: ProjectPaths, envoy_process: Running) -> None:
    def ready() -> bool:
        assert processes.is_alive(envoy_process), paths.log("gateway").read_text()
        return readiness.check(url) == ok()

    wait_until(ready, f"an answer of {url}")
