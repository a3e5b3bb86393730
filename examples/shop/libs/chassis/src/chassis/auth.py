"""Verification of bearer tokens (RFC 6750).

They are JWT access tokens (RFC 9068). The gateway has verified a token before; a service verifies
it again, because it does not trust the network.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import jwt

from chassis.caller import Caller
from chassis.jwks import Key, Keys, KeySet

LEEWAY = 30  # seconds that clocks may differ; the gateway has the same
ACCESS_TOKEN, PLAIN = "at+jwt", "jwt"
_LONGEST_TOKEN = 16 * 1024
_CACHED_TOKENS = 1024
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SPACE_SEPARATED = ("scope", "scp")  # RFC 8693, 4.2


class InvalidToken(Exception):
    """The token is not valid. The message says why, and may be shown to the caller."""


class UnknownKey(InvalidToken):
    """The token names a key that is not known, or not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What a token must have.

    Attributes:
        issuer: The issuer.
        audience: The audience.
        roles_claim: The claim with the roles: a list, or words in `scope` or `scp`. A dot leads
            into an object: `realm_access.roles`.
        token_type: `at+jwt` as in RFC 9068, or `jwt` for issuers that do not type their access
            tokens. An ID token of such an issuer differs only by its audience.
    """

    issuer: str
    audience: str
    roles_claim: str = "roles"
    token_type: str = ACCESS_TOKEN


class Verifier:
    """Verifies tokens."""

    def __init__(self, keys: Keys, requirements: Requirements) -> None:
        self._keys = keys
        self._requirements = requirements
        self._cached_with: KeySet = {}
        self._cache: dict[str, tuple[float, Caller]] = {}

    async def caller_of(self, token: str) -> Caller:
        """Return the caller that `token` authenticates.

        An unknown key may be a new one, so the keys are read again, but not too often.

        Raises:
            InvalidToken: The token does not meet the requirements.
            KeysUnusable: There are no keys.
        """
        await self._keys.refresh()
        try:
            return self.verify(token)
        except UnknownKey:
            await self._keys.renew()
            return self.verify(token)

    def verify(self, token: str) -> Caller:
        """Return the caller that `token` authenticates with the keys that are known now.

        A token needs a known key, the algorithm of that key (never the one that the token names),
        the type, the issuer, the audience, an expiry in the future and a subject. Times may be off
        by `LEEWAY`.

        Raises:
            UnknownKey: The key is not known.
            InvalidToken: The token does not meet these requirements.
        """
        if self._keys.current is not self._cached_with:
            self._cache.clear()
            self._cached_with = self._keys.current
        cached = self._cache.get(token)
        if cached is not None and cached[0] > time.time():
            return cached[1]
        claims = self._claims(token)
        caller = Caller(
            id=subject_of(claims), roles=roles_of(claims, self._requirements.roles_claim)
        )
        self._store(token, float(claims["exp"]) + LEEWAY, caller)
        return caller

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > _LONGEST_TOKEN:
            raise InvalidToken("The token is too long.")
        try:
            key = self._key(jwt.get_unverified_header(token))
            return jwt.decode(
                token,
                key=key.public,
                algorithms=[key.algorithm],
                issuer=self._requirements.issuer,
                audience=self._requirements.audience,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"], "verify_iat": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise InvalidToken("The token has expired.") from error
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise InvalidToken("The token is not valid.") from error

    def _key(self, header: Mapping[str, Any]) -> Key:
        """Return the key that the header names. A token without `kid` needs a single key."""
        if not _is_type(header.get("typ"), self._requirements.token_type):
            raise InvalidToken("The token is no access token (at+jwt).")
        kid, keys = header.get("kid"), self._keys.current
        if kid is None and len(keys) == 1:
            return next(iter(keys.values()))
        if not isinstance(kid, str) or kid not in keys:
            raise UnknownKey("The token is signed with an unknown key.")
        return keys[kid]

    def _store(self, token: str, expires: float, caller: Caller) -> None:
        """Cache a verified token: callers reuse tokens, and verifying signatures is expensive."""
        if len(self._cache) >= _CACHED_TOKENS:
            self._cache.pop(next(iter(self._cache)))
        self._cache[token] = (expires, caller)


def subject_of(claims: Mapping[str, Any]) -> UUID:
    """Return the id of the caller: the subject, or a UUID made from the issuer and the subject.

    Only one spelling of a UUID is taken as it is: otherwise two subjects could be one caller.
    """
    subject = claims["sub"]
    if not subject:
        raise InvalidToken("The token has no subject.")
    if _UUID.fullmatch(subject):
        return UUID(subject)
    try:
        return uuid5(uuid5(NAMESPACE_URL, claims["iss"]), subject)
    except UnicodeEncodeError as error:
        raise InvalidToken("The token's subject is not valid text.") from error


def roles_of(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """Return the roles in the claim `path`; none without the claim."""
    found: Any = claims.get(path)
    name = path
    if path not in claims:
        found = claims
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, str) and name in _SPACE_SEPARATED:
        found = found.split()
    if found is None:
        return frozenset()
    if not isinstance(found, list) or not all(isinstance(role, str) for role in found):
        raise InvalidToken("The token's roles are not a list of words.")
    return frozenset(found)


def _is_type(typ: object, required: str) -> bool:
    """Return whether `typ`, a media type (RFC 7515, 4.1.9), is that of an access token."""
    given = str(typ or PLAIN).lower().removeprefix("application/")
    return given in (ACCESS_TOKEN, required)
