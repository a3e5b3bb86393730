"""Tokens for tests of one unit. The key is generated once, because that is slow."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from chassis.auth import ACCESS_TOKEN, Requirements, Verifier
from chassis.jwks import MINIMUM_KEY_BITS, KeyFile

ISSUER, AUDIENCE, KEY_ID = "https://id.test", "test", "test"
_LIFETIME = 3600


def verifier(folder: Path) -> Verifier:
    """Return a verifier of the tokens of this module. Its key file is in `folder`."""
    public = json.loads(RSAAlgorithm.to_jwk(_key().public_key()))
    file = folder / "jwks.json"
    file.write_text(json.dumps({"keys": [{**public, "kid": KEY_ID, "use": "sig"}]}))
    return Verifier(KeyFile(file), Requirements(issuer=ISSUER, audience=AUDIENCE))


def token(subject: UUID, roles: Iterable[str]) -> str:
    """Return a token for `subject` with `roles`, valid for an hour."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(subject),
        "exp": int(time.time()) + _LIFETIME,
        "roles": list(roles),
    }
    headers = {"kid": KEY_ID, "typ": ACCESS_TOKEN}
    return jwt.encode(claims, _key(), algorithm="RS256", headers=headers)


@cache
def _key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=MINIMUM_KEY_BITS)
