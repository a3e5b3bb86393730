"""Keys and tokens for the tests of this folder. Making an RSA key is slow: each is made once."""

from __future__ import annotations

import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import jwt
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


def token(signer: str = "one", *, kid: str | None = "one", **changes: Any) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(**changes), key(signer), algorithm="RS256", headers=headers)
