"""The development issuer: a key pair, its JWKS (RFC 7517), and tokens (JWT, RFC 7519)."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.files import write_atomically, write_once
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.topology import Auth

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ALGORITHM = "RS256"


def ensure_keys(paths: ProjectPaths) -> None:
    """Create the signing key and its JWKS file unless they exist. They stay on this machine."""
    paths.create()
    if not paths.signing_key.exists():
        write_once(paths.signing_key, _new_key())
    jwks = json.dumps({"keys": [_jwk(_load(paths))]}, indent=2).encode()
    if not paths.jwks.exists() or paths.jwks.read_bytes() != jwks:
        write_atomically(paths.jwks, jwks)


def issue(
    paths: ProjectPaths, auth: Auth, *, roles: Sequence[str], subject: UUID, ttl: timedelta
) -> str:
    """Return a token, signed with the development key.

    Args:
        paths: The paths of the project.
        auth: The issuer and the audience.
        roles: The roles of the caller.
        subject: The id of the caller.
        ttl: The lifetime of the token.
    """
    return Issuer(paths, auth).issue(roles=roles, subject=subject, ttl=ttl)


class Issuer:
    """Issues many tokens: it reads and checks the development key only once."""

    def __init__(self, paths: ProjectPaths, auth: Auth) -> None:
        self._auth = auth
        self._key = _load(paths)
        self._kid = _jwk(self._key)["kid"]

    def issue(self, *, roles: Sequence[str], subject: UUID, ttl: timedelta) -> str:
        """Return a token; see `issue`."""
        import jwt

        now = int(time.time())
        claims = {
            "sub": str(subject),
            "iss": self._auth.issuer,
            "aud": self._auth.audience,
            "iat": now,
            "exp": now + int(ttl.total_seconds()),
            **_nested(self._auth.roles_claim, roles),
        }
        headers = {"kid": self._kid, "typ": "at+jwt"}  # RFC 9068
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers=headers)


def _nested(claim: str, roles: Sequence[str]) -> dict[str, Any]:
    """Return the claim with the roles: `realm_access.roles` is one in an object."""
    *outer, name = [claim] if "/" in claim else claim.split(".")
    value: Any = " ".join(roles) if name in ("scope", "scp") else list(roles)
    for each in (name, *reversed(outer)):
        value = {each: value}
    return dict(value)


def default_subject(auth: Auth, roles: Sequence[str]) -> UUID:
    """Return the default caller for `roles`, which is always the same one."""
    return uuid5(NAMESPACE_URL, "/".join((auth.issuer, *roles)))


def _new_key() -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _load(paths: ProjectPaths) -> RSAPrivateKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    try:
        key = serialization.load_pem_private_key(paths.signing_key.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        file = paths.relative(paths.signing_key)
        raise EmbeddedError(
            f"{file} cannot be used ({error}); remove it; the next start creates a new one"
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise EmbeddedError(f"{paths.relative(paths.signing_key)} is not an RSA key; remove it")
    return key


def _jwk(key: RSAPrivateKey) -> dict[str, Any]:
    """Return the public key as a JWK. Its `kid` is the thumbprint (RFC 7638)."""
    numbers = key.public_key().public_numbers()
    members = {"e": _base64url_uint(numbers.e), "kty": "RSA", "n": _base64url_uint(numbers.n)}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    thumbprint = _base64url(hashlib.sha256(canonical).digest())
    return {**members, "kid": thumbprint, "use": "sig", "alg": ALGORITHM}


def _base64url_uint(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
