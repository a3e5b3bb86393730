"""Keys and tokens for the tests of this folder. Making an RSA key is slow: each is made once."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jwt
from chassis.auth import Requirements, Verifier
from chassis.jwks import KeyFile
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://id.example"
AUDIENCE = "example"
SUBJECT = "3b1f8c1e-6d0e-4f5e-9d59-0f4a6f1d2c3b"


@cache
def key(name: str) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def jwk(name: str) -> dict[str, Any]:
    public = json.loads(RSAAlgorithm.to_jwk(key(name).public_key()))
    return {**public, "kid": name, "use": "sig", "alg": "RS256"}


def verifier(path: Path, **changes: str) -> Verifier:
    """A verifier with the keys at `path`, which are read."""
    keys = KeyFile(path)
    keys.load()
    return Verifier(keys, requirements(**changes))


def requirements(**changes: str) -> Requirements:
    return Requirements(**{"issuer": ISSUER, "audience": AUDIENCE, **changes})


def write_jwks(path: Path, *names: str) -> Path:
    path.write_text(json.dumps({"keys": [jwk(name) for name in names]}))
    return path


def claims(**changes: Any) -> dict[str, Any]:
    """Claims that are accepted; a change to None leaves the claim out."""
    now = int(time.time())
    accepted = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": SUBJECT,
        "iat": now,
        "exp": now + 60,
        "roles": ["customer"],
    }
    return {name: value for name, value in {**accepted, **changes}.items() if value is not None}


def token(
    signer: str = "one",
    *,
    kid: str | None = "one",
    headers: Mapping[str, Any] = MappingProxyType({}),
    **changes: Any,
) -> str:
    """A token that is accepted, but for changes of its headers and claims; None leaves one out."""
    named = {"kid": kid, "typ": "at+jwt", **headers}
    # Without `typ`, the library would write one.
    written = {name: value for name, value in named.items() if value is not None or name == "typ"}
    return jwt.encode(claims(**changes), key(signer), algorithm="RS256", headers=written)
