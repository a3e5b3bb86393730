"""A provider as teams run it: Keycloak, whose keys are rotated while callers go on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import jwt
import pytest
from chassis.auth import InvalidToken, Requirements, Verifier
from chassis.http_client import HttpClient
from chassis.jwks import KeyUrl

from tests.chassis.gateway import gateways
from tests.chassis.gateway.rendering import render
from tests.servers.keycloak import KeycloakServer
from tests.waiting import wait_until

AUDIENCE = "shop"


def _client(name: str, **attributes: str) -> dict[str, Any]:
    """A client whose tokens are for the audience."""
    audience = {
        "name": "audience",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "config": {"included.custom.audience": AUDIENCE, "access.token.claim": "true"},
    }
    return {
        "clientId": name,
        "serviceAccountsEnabled": True,
        "attributes": attributes,
        "protocolMappers": [audience],
    }


CLIENTS = (_client("plain"), _client("typed", **{"access.token.header.type.rfc9068": "true"}))


async def test_tokens_of_keycloak_and_a_rotation(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One test: the server takes long to start."""
    keycloak = KeycloakServer(tmp_path_factory.mktemp("keycloak"), CLIENTS)
    client = HttpClient()
    keycloak.start()
    try:
        keys = KeyUrl(keycloak.jwks_url, client.fetch, interval=0.0)
        verifier = Verifier(keys, _requirements(keycloak, "at+jwt"))
        lenient = Verifier(keys, _requirements(keycloak, "jwt"))

        typed, plain = keycloak.token("typed"), keycloak.token("plain")
        caller = await verifier.caller_of(typed)
        assert "customer" in caller.roles
        assert caller.id == UUID(jwt.decode(typed, options={"verify_signature": False})["sub"])
        with pytest.raises(InvalidToken, match="no access token"):
            await verifier.caller_of(plain)
        assert "customer" in (await lenient.caller_of(plain)).roles

        settings = {"JWKS_URL": keycloak.jwks_url}
        config = render(issuer=keycloak.issuer)
        with gateways.running(tmp_path_factory.mktemp("gateway"), config, settings) as gateway:

            def status(token: str) -> int:
                return gateway.ask("GET", "/orders/a", token).status_code

            wait_until(lambda: status(typed) == 200, "the keys")
            keycloak.rotate()
            rotated = keycloak.token("typed")
            assert _kid(rotated) != _kid(typed)
            assert await verifier.caller_of(rotated) == caller
            assert await verifier.caller_of(typed) == caller, "the old key is still published"
            wait_until(lambda: status(rotated) == 200, "the new keys at the gateway")
            assert status(typed) == 200
    finally:
        await client.close()
        keycloak.kill()


def _requirements(keycloak: KeycloakServer, token_type: str) -> Requirements:
    return Requirements(
        issuer=keycloak.issuer,
        audience=AUDIENCE,
        roles_claim="realm_access.roles",
        token_type=token_type,
    )


def _kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])
