"""Who is calling: verification of bearer tokens (RFC 6750).

They are JWTs (RFC 7519) signed with RS256 (RFC 7515, 7518).
The gateway has verified the token before; a service does it again, because it trusts no network.
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
_CHECK_FILE_EVERY = 1.0
_REMEMBERED_TOKENS = 1024

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.auth")


class InvalidToken(Exception):
    """The token cannot be trusted; the text says why and may be shown to the caller."""


class KeysUnusable(Exception):
    """The JWKS file is missing or holds no usable key."""


class Verifier:
    """Verifies tokens with the keys of a JWKS file (RFC 7517), read again when it changes."""

    def __init__(self, jwks_file: Path, *, issuer: str, audience: str) -> None:
        """Nothing is read yet: the first `verify` does, or `reload` to fail early."""
        self._file = jwks_file
        self._issuer = issuer
        self._audience = audience
        self._keys: Mapping[str, Any] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._checked = float("-inf")
        self._remembered: dict[str, tuple[float, Caller]] = {}

    def verify(self, token: str) -> Caller:
        """Return whom `token` stands for; raise `InvalidToken`, or `KeysUnusable` without keys.

        Required: a known key, RS256 (the algorithm never comes from the token), issuer, audience,
        an expiry in the future and a subject that is a UUID.
        """
        self._refresh()
        remembered = self._remembered.get(token)
        if remembered is not None and remembered[0] > time.time():
            return remembered[1]
        claims = self._claims(token)
        caller = Caller(id=_subject(claims), roles=_roles(claims))
        self._remember(token, float(claims["exp"]), caller)
        return caller

    def reload(self) -> None:
        """Read the keys now; raise `KeysUnusable` when there are none."""
        try:
            stamp = _stamp(self._file)
            keys = _read_keys(self._file.read_bytes())
        except (OSError, ValueError) as error:
            raise KeysUnusable(f"{self._file}: {error}") from error
        if not keys:
            raise KeysUnusable(f"{self._file}: no RSA key for {ALGORITHM} in it")
        self._stamp = stamp
        self._keys = keys
        self._remembered.clear()

    def _refresh(self) -> None:
        """Once a second look whether the file changed; while it is unusable the old keys stay."""
        if not self._keys:
            self.reload()
            return
        now = time.monotonic()
        if now - self._checked < _CHECK_FILE_EVERY:
            return
        self._checked = now
        try:
            if _stamp(self._file) != self._stamp:
                self.reload()
        except (OSError, KeysUnusable) as error:
            _log.warning("the keys could not be read again", reason=str(error))

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key=self._key(token),
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                options={"require": ["exp", "iss", "aud", "sub"], "verify_iat": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise InvalidToken("The token has expired.") from error
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
            raise InvalidToken("The token is not valid.") from error

    def _key(self, token: str) -> Any:
        """The key that the token names; one without `kid` can only mean the only key there is."""
        kid = jwt.get_unverified_header(token).get("kid")
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if not isinstance(kid, str) or kid not in self._keys:
            raise InvalidToken("The token is signed with an unknown key.")
        return self._keys[kid]

    def _remember(self, token: str, expires: float, caller: Caller) -> None:
        """A caller sends the same token often, and its signature is what costs most to verify."""
        if len(self._remembered) >= _REMEMBERED_TOKENS:
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[token] = (expires, caller)


def _stamp(file: Path) -> tuple[int, int, int]:
    """What differs when the file was written or replaced."""
    status = file.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read_keys(text: bytes) -> dict[str, Any]:
    """The public RSA signing keys of a JWKS by key id. Other keys are passed over (RFC 7517, 5)."""
    document = json.loads(text)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JSON Web Key Set")
    keys: dict[str, Any] = {}
    for entry in entries:
        if not _is_signing_key(entry):
            continue
        # Only the public part counts, also when somebody put a private key into the file.
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
