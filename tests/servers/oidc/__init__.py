"""mock-oauth2-server: an OpenID Connect provider in memory, installed by Maven."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from tests.servers.maven import FAST_START, install
from tests.servers.server import Server, free_ports, listens

_MAIN = "no.nav.security.mock.oauth2.StandaloneMockOAuth2ServerKt"


class OidcServer(Server):
    """Every path is an issuer: `issuer("shop")`. Its tokens say what `callbacks` tell it.

    With `login`, users log in at a page with the subject that they want to be.
    """

    name = "oidc"

    def __init__(
        self, folder: Path, callbacks: Sequence[dict[str, Any]], *, login: bool = False
    ) -> None:
        super().__init__(folder)
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self._callbacks = list(callbacks)
        self._login = login

    def issuer(self, name: str) -> str:
        return f"{self.url}/{name}"

    def jwks_url(self, name: str) -> str:
        return f"{self.issuer(name)}/jwks"

    def token(self, name: str, client: str) -> str:
        """Return an access token of the client credentials grant (RFC 6749, 4.4)."""
        answer = httpx.post(
            f"{self.issuer(name)}/token",
            data={
                "grant_type": "client_credentials",
                "scope": "api",
                "client_id": client,
                "client_secret": "secret",
            },
            timeout=60,
            trust_env=False,
        )
        return str(answer.raise_for_status().json()["access_token"])

    def prepare(self) -> None:
        config = {
            "interactiveLogin": self._login,
            "httpServer": "NettyWrapper",
            "tokenCallbacks": self._callbacks,
        }
        (self.folder / "config.json").write_text(json.dumps(config))

    def command(self) -> Sequence[str]:
        jars = install(Path(__file__).with_name("pom.xml"), "libs") / "libs"
        return ("java", "-Xmx128m", "-XX:+UseSerialGC", "-cp", f"{jars}/*", _MAIN)

    def environment(self) -> dict[str, str]:
        return {
            "SERVER_HOSTNAME": "127.0.0.1",
            "SERVER_PORT": str(self.port),
            "JSON_CONFIG_PATH": str(self.folder / "config.json"),
            **FAST_START,
        }

    def answers(self) -> bool:
        return listens(self.port)
