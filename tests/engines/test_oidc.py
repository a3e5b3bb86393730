"""Tokens of real OpenID Connect providers, at a real gateway and at the units behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import jwt
import pytest
import pytest_asyncio
from chassis.auth import InvalidToken, Requirements, Verifier
from chassis.http_client import HttpClient
from chassis.jwks import KeyUrl

from tests.chassis.gateway import gateways
from tests.chassis.gateway.gateways import Gateway
from tests.chassis.gateway.rendering import render
from tests.servers.oidc import OidcServer
from tests.waiting import wait_until

AUDIENCE = "shop"
CLAIMS = {"aud": [AUDIENCE], "realm_access": {"roles": ["customer"]}}


def _callback(issuer: str, type_header: str) -> dict[str, object]:
    """Tokens whose subject is the id of the client."""
    mapping = {
        "requestParam": "client_id",
        "match": "*",
        "typeHeader": type_header,
        "claims": {"sub": "${clientId}", **CLAIMS},
    }
    return {"issuerId": issuer, "tokenExpiry": 300, "requestMappings": [mapping]}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OidcServer]:
    callbacks = [_callback("shop", "at+jwt"), _callback("plain", "JWT")]
    server = OidcServer(tmp_path_factory.mktemp("oidc"), callbacks)
    server.start()
    yield server
    server.kill()


@pytest_asyncio.fixture
async def client() -> AsyncIterator[HttpClient]:
    client = HttpClient()
    yield client
    await client.close()


def verifier_of(
    provider: OidcServer, client: HttpClient, issuer: str, token_type: str = "at+jwt"
) -> Verifier:
    requirements = Requirements(
        issuer=provider.issuer(issuer),
        audience=AUDIENCE,
        roles_claim="realm_access.roles",
        token_type=token_type,
    )
    return Verifier(KeyUrl(provider.jwks_url(issuer), client.fetch), requirements)


@pytest.fixture(scope="module")
def gateway(provider: OidcServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that fetches the keys of the provider."""
    config = render(issuer=provider.issuer("shop"))
    settings = {"JWKS_URL": provider.jwks_url("shop")}
    with gateways.running(tmp_path_factory.mktemp("gateway"), config, settings) as gateway:
        yield gateway


async def test_a_unit_knows_who_calls(provider: OidcServer, client: HttpClient) -> None:
    verifier = verifier_of(provider, client, "shop")
    caller = await verifier.caller_of(provider.token("shop", "emma"))
    assert caller.roles == {"customer"}
    assert caller.id == uuid5(uuid5(NAMESPACE_URL, provider.issuer("shop")), "emma")
    subject = "8d3c1c0e-0000-4000-8000-000000000001"
    assert (await verifier.caller_of(provider.token("shop", subject))).id == UUID(subject)


async def test_tokens_without_a_type_need_a_setting(
    provider: OidcServer, client: HttpClient
) -> None:
    token = provider.token("plain", "emma")
    assert jwt.get_unverified_header(token)["typ"] == "JWT"
    with pytest.raises(InvalidToken, match="no access token"):
        await verifier_of(provider, client, "plain").caller_of(token)
    assert await verifier_of(provider, client, "plain", "jwt").caller_of(token)


async def test_an_issuer_of_the_same_server_is_another_one(
    provider: OidcServer, client: HttpClient
) -> None:
    verifier = verifier_of(provider, client, "shop")
    with pytest.raises(InvalidToken):
        await verifier.caller_of(provider.token("other", "emma"))


def test_the_gateway_fetches_the_keys(provider: OidcServer, gateway: Gateway) -> None:
    token = provider.token("shop", "emma")
    wait_until(lambda: gateway.ask("GET", "/orders/a", token).status_code == 200, "the keys")
    assert gateway.ask("GET", "/orders/a").status_code == 401
    other = provider.token("other", "emma")
    assert gateway.ask("GET", "/orders/a", other).status_code == 401
    head, claims, signature = token.split(".")
    changed = f"{head}.{claims}.{signature[::-1]}"
    assert gateway.ask("GET", "/orders/a", changed).status_code == 401


async def test_without_the_provider_the_keys_that_were_fetched_stay(
    client: HttpClient, tmp_path: Path
) -> None:
    provider = OidcServer(tmp_path / "oidc", [_callback("shop", "at+jwt")])
    provider.start()
    try:
        first, second = (provider.token("shop", each) for each in ("emma", "olga"))
        verifier = verifier_of(provider, client, "shop")
        settings = {"JWKS_URL": provider.jwks_url("shop")}
        config = render(issuer=provider.issuer("shop"))
        with gateways.running(tmp_path, config, settings) as gateway:
            wait_until(
                lambda: gateway.ask("GET", "/orders/a", first).status_code == 200, "the keys"
            )
            await verifier.caller_of(first)
            provider.kill()
            assert gateway.ask("GET", "/orders/a", second).status_code == 200
            assert await verifier.caller_of(second)
    finally:
        provider.kill()
