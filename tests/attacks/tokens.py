"""Tokens that are forged, stolen from another issuer, expired or broken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.attacks.attempts import Attempt
from tests.attacks.shop import Shop

REFUSED = frozenset({400, 401, 403, 431})  # 403: Envoy, about an audience
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def attempts(shop: Shop) -> Iterator[Attempt]:
    """Try to read and to change things with each token."""
    for name, authorization in _authorizations(shop):
        headers = {"Authorization": authorization} if authorization is not None else {}
        for unit, method, path, content in _requests(shop):
            yield Attempt(
                name=f"token: {name}",
                unit=unit,
                method=method,
                path=path,
                headers={**headers, "Content-Type": "application/json"},
                content=content,
                allowed=REFUSED,
            )


def _requests(shop: Shop) -> Iterator[tuple[str, str, str, bytes | None]]:
    yield "order", "GET", f"/orders/{shop.order}", None
    yield "catalog", "GET", "/catalog", None
    yield "web", "GET", "/home", None
    change = json.dumps({"price": "0.01"}).encode()
    yield "product", "POST", f"/products/{shop.product}/change-price", change


def _authorizations(shop: Shop) -> Iterator[tuple[str, str | None]]:
    yield "none", None
    good = shop.token("merchant", "customer", sub=shop.victim)
    for name, value in (
        ("empty", ""),
        ("a scheme only", "Bearer"),
        ("spaces only", "Bearer    "),
        ("another scheme", f"Basic {good}"),
        ("no scheme", good),
        ("digest", f"Digest {good}"),
        ("a comma", f"Bearer {good},{good}"),
        ("two in one", f"Bearer {good} {good}"),
        ("in quotes", f'Bearer "{good}"'),
        ("rubbish", "Bearer rubbish"),
        ("dots", "Bearer .."),
        ("four dots", "Bearer a.b.c.d"),
        ("no signature", f"Bearer {good.rpartition('.')[0]}."),
        ("cut", f"Bearer {good[:-8]}"),
        ("longer", f"Bearer {good}AAAA"),
        ("huge", f"Bearer {'A' * 40000}"),
    ):
        yield name, value
    for name, token in _forged(shop, good):
        yield name, f"Bearer {token}"


def _forged(shop: Shop, good: str) -> Iterator[tuple[str, str]]:
    claims, header = shop.claims("merchant", "customer", sub=shop.victim), shop.header
    head, body, signature = good.split(".")
    for algorithm in ("none", "None", "NONE", "nOnE"):
        unsigned = _encoded(header | {"alg": algorithm})
        yield f"alg {algorithm}", f"{unsigned}.{body}."
        yield f"alg {algorithm}, signed", f"{unsigned}.{body}.{signature}"
    public = shop.key.public_key()
    for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
        secret = public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
        yield f"the public key as a secret, {encoding}", _hmac(claims, secret, header)
    yield "an empty secret", _hmac(claims, b"", header)
    yield "another key", jwt.encode(claims, STRANGER, "RS256", header)
    yield "another key, no kid", jwt.encode(claims, STRANGER, "RS256", {"typ": "at+jwt"})
    unknown = header | {"kid": "unknown"}
    yield "another key, kid unknown", jwt.encode(claims, STRANGER, "RS256", unknown)
    yield "another kind of key", jwt.encode(claims, CURVE, "ES256", header)
    for kid in ("../../../../dev/null", "' OR 1=1 --", "http://evil.example/key", "\u0000"):
        yield f"kid {kid!r}", jwt.encode(claims, STRANGER, "RS256", header | {"kid": kid})
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(STRANGER.public_key()))
    for name, value in (
        ("jwk", jwk),
        ("jku", "http://127.0.0.1:9/jwks"),
        ("x5u", "http://127.0.0.1:9/x"),
        ("x5c", ["AAAA"]),
    ):
        yield f"{name} brought along", jwt.encode(claims, STRANGER, "RS256", header | {name: value})
    yield "crit", jwt.encode(claims, shop.key, "RS256", header | {"crit": ["exp"]})
    for algorithm in ("RS384", "RS512", "PS256"):
        yield algorithm, jwt.encode(claims, shop.key, algorithm, header)
    for type in ("JWT", "jwt", "id+jwt", "dpop+jwt", "secevent+jwt"):
        yield f"typ {type}", jwt.encode(claims, shop.key, "RS256", header | {"typ": type})
    yield "changed claims", f"{head}.{_encoded(claims | {'sub': str(shop.victim)})}.{signature}"
    yield "changed head", f"{_encoded(header | {'alg': 'RS256', 'kid': 'x'})}.{body}.{signature}"
    yield "claims are a list", f"{head}.{_encoded([1])}.{signature}"
    yield from _wrong_claims(shop, header)


def _wrong_claims(shop: Shop, header: dict[str, Any]) -> Iterator[tuple[str, str]]:
    now = int(time.time())
    changes: tuple[dict[str, Any], ...] = (
        {"iss": "https://evil.example"},
        {"iss": "https://id.shop.example/"},
        {"iss": None},
        {"iss": ["https://id.shop.example"]},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": "SHOP"},
        {"aud": None},
        {"aud": []},
        {"exp": now - 60},
        {"exp": 0},
        {"exp": -1},
        {"exp": None},
        {"exp": "never"},
        {"nbf": now + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": 17},
        {"sub": ["a"]},
    )
    for change in changes:
        claims = shop.claims("merchant", "customer", sub=shop.victim) | change
        claims = {name: value for name, value in claims.items() if value is not None}
        yield f"claim {change}", _signed(claims, shop, header)


def _signed(claims: Any, shop: Shop, header: dict[str, Any]) -> str:
    """Sign claims as they are: the library would refuse some."""
    return jwt.api_jws.encode(json.dumps(claims).encode(), shop.key, "RS256", headers=header)


def _hmac(claims: dict[str, Any], secret: bytes, header: dict[str, Any]) -> str:
    signed = f"{_encoded({'alg': 'HS256', **header})}.{_encoded(claims)}"
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
