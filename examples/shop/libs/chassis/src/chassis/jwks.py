"""The keys that verify tokens: a JSON Web Key Set (RFC 7517) in a file or at a URL."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

if TYPE_CHECKING:
    from chassis.http_client import Fetch

# The algorithm of a key without `alg`, by its type. A token cannot choose another one.
ALGORITHMS = {"RSA": "RS256", "EC": "ES256"}
MINIMUM_KEY_BITS = 2048
_PUBLIC = ("kty", "n", "e", "crv", "x", "y")
_FILE_CHECK_INTERVAL = 1.0
_LARGEST = 1024 * 1024
_PATIENCE = 5.0

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.auth")


class KeysUnusable(Exception):
    """The JWKS cannot be read, or holds no usable key."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and the only algorithm that it verifies."""

    public: Any
    algorithm: str


KeySet = Mapping[str, Key]
"""Keys by `kid`. A new set is a new object, so that users notice."""


class Keys(Protocol):
    """Where keys come from.

    Attributes:
        current: The keys; empty before the first `refresh`.
    """

    current: KeySet

    async def refresh(self) -> None:
        """Read the keys if that is due. If it is not possible, the old ones stay.

        Raises:
            KeysUnusable: There are no keys at all.
        """

    async def renew(self) -> None:
        """Read the keys because a token names an unknown one, but not too often."""


class KeyFile:
    """A JWKS file, which is read again when it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._checked = float("-inf")
        self.current: KeySet = {}

    def load(self) -> None:
        """Read the file.

        Raises:
            KeysUnusable: It cannot be read, or has no usable key.
        """
        try:
            stamp = _stamp(self._path)
            keys = read_keys(self._path.read_bytes())
        except (OSError, ValueError) as error:
            raise KeysUnusable(f"{self._path}: {error}") from error
        self._stamp, self.current = stamp, keys

    async def refresh(self) -> None:
        """See `Keys`. The file is checked once a second."""
        if not self.current:
            self.load()
            return
        now = time.monotonic()
        if now - self._checked < _FILE_CHECK_INTERVAL:
            return
        self._checked = now
        try:
            if _stamp(self._path) != self._stamp:
                self.load()
        except (OSError, KeysUnusable) as error:
            _log.warning("the keys cannot be reloaded", reason=str(error))

    async def renew(self) -> None:
        """See `Keys`: `refresh` has just checked the file."""


class KeyUrl:
    """A JWKS at a URL. Its keys are cached, because tokens must not wait for the issuer."""

    def __init__(
        self, url: str, fetch: Fetch, *, lifetime: float = 300.0, interval: float = 10.0
    ) -> None:
        """Create it; nothing is fetched.

        Args:
            url: The URL.
            fetch: Sends requests.
            lifetime: Seconds after which the keys are fetched again, while the old ones are used.
            interval: The least number of seconds between two attempts.
        """
        self._url = url
        self._fetch = fetch
        self._lifetime = lifetime
        self._interval = interval
        self._attempted = float("-inf")
        self._fetched = float("-inf")
        self._lock = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None
        self.current: KeySet = {}

    async def refresh(self) -> None:
        """See `Keys`."""
        if not self.current:
            await self.renew()
            if not self.current:
                raise KeysUnusable(f"{self._url}: there are no keys yet")
        elif time.monotonic() - self._fetched > self._lifetime and self._refreshing is None:
            self._refreshing = asyncio.create_task(self.renew(), name="jwks")
            self._refreshing.add_done_callback(self._refreshed)

    async def renew(self) -> None:
        """See `Keys`. Those who ask at the same time wait for one request."""
        async with self._lock:
            if time.monotonic() - self._attempted < self._interval:
                return
            self._attempted = time.monotonic()
            try:
                self.current = await self._keys()
                self._fetched = time.monotonic()
            except (OSError, ValueError) as error:  # also a timeout
                _log.warning("the keys cannot be fetched", url=self._url, reason=str(error))

    async def _keys(self) -> KeySet:
        async with asyncio.timeout(_PATIENCE):
            answer = await self._fetch(self._url, {"accept": "application/json"})
        if answer.status != 200 or len(answer.body) > _LARGEST:
            raise ValueError(f"status {answer.status}, {len(answer.body)} bytes")
        return read_keys(answer.body)

    def _refreshed(self, _: asyncio.Task[None]) -> None:
        self._refreshing = None


def read_keys(text: bytes) -> KeySet:
    """Return the public signing keys of a JWKS. Others are ignored (RFC 7517, 5).

    Raises:
        ValueError: It is no JWKS, or has no usable key.
    """
    document = json.loads(text)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JSON Web Key Set")
    found = ((entry, _key(entry)) for entry in entries if isinstance(entry, dict))
    keys = {str(entry.get("kid", "")): key for entry, key in found if key is not None}
    if not keys:
        raise ValueError(f"it has no signing key for {' or '.join(ALGORITHMS.values())}")
    return keys


def _key(entry: Mapping[str, Any]) -> Key | None:
    """Return a signing key; of a key pair only the public part is used."""
    algorithm = ALGORITHMS.get(str(entry.get("kty")))
    if algorithm is None or entry.get("alg", algorithm) != algorithm:
        return None
    if entry.get("use", "sig") != "sig" or "verify" not in entry.get("key_ops", ["verify"]):
        return None
    try:
        public = jwt.PyJWK({n: entry[n] for n in _PUBLIC if n in entry}, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    if isinstance(public, RSAPublicKey) and public.key_size < MINIMUM_KEY_BITS:
        return None
    return Key(public, algorithm)


def _stamp(file: Path) -> tuple[int, int, int]:
    """Return a value that changes when the file is written or replaced."""
    status = file.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino
