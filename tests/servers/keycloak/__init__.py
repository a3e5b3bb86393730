"""Keycloak in development mode, installed by Maven."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from tests.servers.maven import unpack
from tests.servers.server import Server, free_ports, listens

_ADMIN = "admin"
_SECRET = "secret"


class KeycloakServer(Server):
    """A server with one realm, `shop`, and its clients."""

    name = "keycloak"

    def __init__(self, folder: Path, clients: Sequence[dict[str, Any]]) -> None:
        super().__init__(folder)
        self.port, self._management = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.issuer = f"{self.url}/realms/shop"
        self.jwks_url = f"{self.issuer}/protocol/openid-connect/certs"
        self._clients = list(clients)

    def token(self, client: str) -> str:
        """Return an access token of the client credentials grant (RFC 6749, 4.4)."""
        grant = {"grant_type": "client_credentials", "client_id": client, "client_secret": _SECRET}
        return self._token("shop", grant)

    def rotate(self) -> None:
        """Create a key that all tokens are signed with from now on."""
        grant = {"grant_type": "password", "client_id": "admin-cli"}
        token = self._token("master", {**grant, "username": _ADMIN, "password": _ADMIN})
        config = {"priority": ["200"], "algorithm": ["RS256"], "keySize": ["2048"]}
        component = {
            "name": "rotated",
            "parentId": "shop",
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "config": {**config, "enabled": ["true"], "active": ["true"]},
        }
        httpx.post(
            f"{self.url}/admin/realms/shop/components",
            json=component,
            headers={"authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
        ).raise_for_status()

    def prepare(self) -> None:
        if not self._home.exists():  # its scripts work only in a copy
            (distribution,) = unpack(Path(__file__).with_name("pom.xml")).iterdir()
            shutil.copytree(distribution, self._home)
            (self._home / "bin" / "kc.sh").chmod(0o755)
        clients = [{**client, "secret": _SECRET} for client in self._clients]
        users = [
            {
                "username": f"service-account-{client['clientId']}",
                "enabled": True,
                "serviceAccountClientId": client["clientId"],
                "realmRoles": ["customer"],
            }
            for client in clients
        ]
        realm = {
            "id": "shop",
            "realm": "shop",
            "enabled": True,
            "sslRequired": "none",
            "roles": {"realm": [{"name": "customer"}]},
            "clients": clients,
            "users": users,
        }
        imported = self._home / "data" / "import"
        imported.mkdir(parents=True, exist_ok=True)
        (imported / "shop.json").write_text(json.dumps(realm))

    def command(self) -> Sequence[str]:
        return (
            *(str(self._home / "bin" / "kc.sh"), "start-dev", "--import-realm", "--cache=local"),
            *("--http-host=127.0.0.1", f"--http-port={self.port}", "--health-enabled=true"),
            *(f"--http-management-port={self._management}", "--log-level=warn"),
        )

    def environment(self) -> dict[str, str]:
        return {
            "KC_BOOTSTRAP_ADMIN_USERNAME": _ADMIN,
            "KC_BOOTSTRAP_ADMIN_PASSWORD": _ADMIN,
            "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m",
            "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1",
        }

    def answers(self) -> bool:
        if not listens(self._management):
            return False
        ready = f"http://127.0.0.1:{self._management}/health/ready"
        try:
            return httpx.get(ready, timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    @property
    def _home(self) -> Path:
        return self.folder / "home"

    def _token(self, realm: str, grant: dict[str, str]) -> str:
        url = f"{self.url}/realms/{realm}/protocol/openid-connect/token"
        answer = httpx.post(url, data=grant, timeout=60, trust_env=False)
        return str(answer.raise_for_status().json()["access_token"])
