"""What the gateway believes: tokens with the right key, issuer, audience and expiry."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from chassis.auth import LEEWAY, InvalidToken, Requirements, Verifier
from chassis.jwks import KeyFile
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from .gateways import Gateway, accepted
from .rendering import AUDIENCE, ISSUER, OPEN, render


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _hand_made(header: dict[str, object], secret: bytes | None) -> str:
    """A token made as an attacker would: libraries refuse to."""
    claims = json.dumps(accepted()).encode()
    body = f"{_base64url(json.dumps(header).encode())}.{_base64url(claims)}"
    if secret is None:
        return f"{body}."
    return f"{body}.{_base64url(hmac.new(secret, body.encode(), hashlib.sha256).digest())}"


def test_a_good_token_passes_and_reaches_the_service_too(gateway: Gateway) -> None:
    token = gateway.token()
    answer = gateway.ask("GET", "/orders/orders/1", token)
    assert answer.status_code == 200
    assert answer.json()["headers"]["authorization"] == f"Bearer {token}"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"nbf": int(time.time()) + 3600},
    ],
    ids=lambda claims: "-".join(f"{name}" for name in claims),
)
def test_a_token_with_wrong_claims_is_refused(gateway: Gateway, claims: dict[str, object]) -> None:
    _is_refused(gateway, gateway.token(**claims))


@pytest.mark.parametrize(
    ("name", "seconds", "accepted"),
    [("exp", -20, True), ("exp", -45, False), ("nbf", 20, True), ("nbf", 45, False)],
)
def test_the_gateway_and_the_services_allow_for_the_same_clock_skew(
    gateway: Gateway, name: str, seconds: int, accepted: bool
) -> None:
    token = gateway.token(**{name: int(time.time()) + seconds})
    keys = KeyFile(gateway.paths.jwks)
    keys.load()
    verifier = Verifier(keys, Requirements(issuer=ISSUER, audience=AUDIENCE))
    if accepted:
        assert gateway.ask("GET", "/orders/a", token).status_code == 200
        assert verifier.verify(token)
    else:
        _is_refused(gateway, token)
        with pytest.raises(InvalidToken):
            verifier.verify(token)


def test_the_leeway_is_the_same() -> None:
    assert f"clock_skew_seconds: {LEEWAY} " in render()


@pytest.mark.parametrize("audience", ["other", None, []])
def test_a_token_for_somebody_else_is_refused(gateway: Gateway, audience: object) -> None:
    _is_refused(gateway, gateway.token(aud=audience), status=403)


def test_no_token_is_refused(gateway: Gateway) -> None:
    answer = gateway.ask("GET", "/orders/refused")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert gateway.order.asked("/orders/refused") == []


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "e30.e30.e30"])
def test_what_is_no_token_is_refused(gateway: Gateway, token: str) -> None:
    _is_refused(gateway, token)


def test_a_token_in_the_url_is_refused(gateway: Gateway) -> None:
    answer = gateway.ask("GET", f"/orders/refused?access_token={gateway.token()}")
    assert answer.status_code == 401


def test_a_public_route_needs_no_token_but_no_wrong_one_either(gateway: Gateway) -> None:
    for path in (OPEN, f"{OPEN}/parcels"):
        assert gateway.ask("POST", path).status_code == 200
        assert gateway.ask("POST", path, gateway.token()).status_code == 200
        assert gateway.ask("POST", path, "no token").status_code == 401
    assert gateway.ask("POST", f"{OPEN}-of-others").status_code == 401


def test_a_token_of_another_key_is_refused(gateway: Gateway) -> None:
    other = generate_private_key(public_exponent=65537, key_size=2048)
    headers = {"kid": str(gateway.jwk["kid"])}
    _is_refused(gateway, jwt.encode(accepted(), other, algorithm="RS256", headers=headers))


def test_a_changed_token_is_refused(gateway: Gateway) -> None:
    head, _, signature = gateway.token().split(".")
    claims = _base64url(json.dumps(accepted(roles=["merchant"])).encode())
    _is_refused(gateway, f"{head}.{claims}.{signature}")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_an_unsigned_token_is_refused(gateway: Gateway, algorithm: str) -> None:
    header = {"alg": algorithm, "typ": "JWT", "kid": gateway.jwk["kid"]}
    _is_refused(gateway, _hand_made(header, None))


def test_the_public_key_is_no_shared_secret(gateway: Gateway) -> None:
    """RS256/HS256 confusion: the attacker signs with the public key, which everybody knows."""
    private = serialization.load_pem_private_key(gateway.key, password=None)
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = {"alg": "HS256", "typ": "JWT", "kid": gateway.jwk["kid"]}
    for secret in (pem, pem.strip(), json.dumps(gateway.jwk).encode()):
        _is_refused(gateway, _hand_made(header, secret))


def test_a_key_brought_along_is_not_used(gateway: Gateway) -> None:
    other = generate_private_key(public_exponent=65537, key_size=2048)
    brought = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(other.public_key()))
    headers = {"jwk": brought, "jku": "https://evil.example/jwks.json"}
    _is_refused(gateway, jwt.encode(accepted(), other, algorithm="RS256", headers=headers))


def _is_refused(gateway: Gateway, token: str, status: int = 401) -> None:
    answer = gateway.ask("GET", "/orders/refused", token)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Jwt" not in answer.text
    assert gateway.order.asked("/orders/refused") == []
