"""Verification of bearer tokens (RFC 6750).

They are JWTs (RFC 7519), signed with RS256 (RFC 7515, 7518). The gateway has verified a token
before; a service verifies it again, because it does not trust the network.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import structlog
from jwt.algorithms import RSAAlgorithm

from chassis.caller import Caller

ALGORITHM = "RS256"
MINIMUM_KEY_BITS = 2048
LEEWAY = 30  # seconds that clocks may differ; the gateway has the same
_LONGEST_TOKEN = 16 * 1024
_FILE_CHECK_INTERVAL = 1.0
_CACHED_TOKENS = 1024

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.auth")


class InvalidToken(Exception):
    """The token is not valid. The message says why, and may be shown to the caller."""


class KeysUnusable(Exception):
    """The JWKS file is missing, or holds no usable key."""


class Verifier:
    """Verifies tokens with the keys of a JWKS file (RFC 7517), which is reloaded on change."""

    def __init__(self, jwks_file: Path, *, issuer: str, audience: str) -> None:
        """Create a verifier. The first `verify` reads the file; call `reload` to fail early.

        Args:
            jwks_file: The path of the JWKS file.
            issuer: The required issuer of tokens.
            audience: The required audience of tokens.
        """
        self._file = jwks_file
        self._issuer = issuer
        self._audience = audience
        self._keys: Mapping[str, Any] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._checked = float("-inf")
        self._cache: dict[str, tuple[float, Caller]] = {}

    def verify(self, token: str) -> Caller:
        """Return the caller that `token` authenticates.

        A token needs a known key, the algorithm RS256 (never the one that the token names), the
        issuer, the audience, an expiry in the future and a subject that is a UUID. Times may be off
        by `LEEWAY`.

        Raises:
            InvalidToken: The token does not meet these requirements.
            KeysUnusable: There are no keys.
        """
        self._refresh()
        cached = self._cache.get(token)
        if cached is not None and cached[0] > time.time():
            return cached[1]
        claims = self._claims(token)
        caller = Caller(id=_subject(claims), roles=_roles(claims))
        self._store(token, float(claims["exp"]) + LEEWAY, caller)
        return caller

    def reload(self) -> None:
        """Read the keys.

        Raises:
            KeysUnusable: The file cannot be read, or has no usable key.
        """
        try:
            stamp = _stamp(self._file)
            keys = _read_keys(self._file.read_bytes())
        except (OSError, ValueError) as error:
            raise KeysUnusable(f"{self._file}: {error}") from error
        if not keys:
            raise KeysUnusable(f"{self._file}: it has no RSA key for {ALGORITHM}")
        self._stamp = stamp
        self._keys = keys
        self._cache.clear()

    def _refresh(self) -> None:
        """Check once a second whether the file has changed. If not usable, the old keys stay."""
        if not self._keys:
            self.reload()
            return
        now = time.monotonic()
        if now - self._checked < _FILE_CHECK_INTERVAL:
            return
        self._checked = now
        try:
            if _stamp(self._file) != self._stamp:
                self.reload()
        except (OSError, KeysUnusable) as error:
            _log.warning("the keys cannot be reloaded", reason=str(error))

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > _LONGEST_TOKEN:
            raise InvalidToken("The token is too long.")
        try:
            return jwt.decode(
                token,
                key=self._key(token),
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"], "verify_iat": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise InvalidToken("The token has expired.") from error
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise InvalidToken("The token is not valid.") from error

    def _key(self, token: str) -> Any:
        """Return the key that the token names. A token without `kid` needs a single key."""
        kid = jwt.get_unverified_header(token).get("kid")
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if not isinstance(kid, str) or kid not in self._keys:
            raise InvalidToken("The token is signed with an unknown key.")
        return self._keys[kid]

    def _store(self, token: str, expires: float, caller: Caller) -> None:
        """Cache a verified token: callers reuse tokens, and verifying signatures is expensive."""
        if len(self._cache) >= _CACHED_TOKENS:
            self._cache.pop(next(iter(self._cache)))
        self._cache[token] = (expires, caller)


def _stamp(file: Path) -> tuple[int, int, int]:
    """Return a value that changes when the file is written or replaced."""
    status = file.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read_keys(text: bytes) -> dict[str, Any]:
    """Return the public RSA signing keys of a JWKS by key id. Others are ignored (RFC 7517, 5)."""
    document = json.loads(text)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JSON Web Key Set")
    keys: dict[str, Any] = {}
    for entry in entries:
        if not _is_signing_key(entry):
            continue
        # Only the public part is used, even if the file holds a private key.
        key = RSAAlgorithm.from_jwk({"kty": "RSA", "n": entry["n"], "e": entry["e"]})
        if key.key_size >= MINIMUM_KEY_BITS:
            keys[str(entry.get("kid", ""))] = key
    return keys


def _is_signing_key(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("kty") == "RSA"
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", ALGORITHM) == ALGORITHM
        and {"n", "e"} <= entry.keys()
    )


def _subject(claims: Mapping[str, Any]) -> UUID:
    try:
        return UUID(claims["sub"])
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidToken("The token's subject is not a UUID.") from error


def _roles(claims: Mapping[str, Any]) -> frozenset[str]:
    roles = claims.get("roles", [])
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise InvalidToken("The token's roles are not a list of words.")
    return frozenset(roles)
