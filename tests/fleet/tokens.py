"""Tokens for many callers, signed with the development key of a deployment."""

from __future__ import annotations

import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_LIFETIME = 6 * 3600


@dataclass(frozen=True, slots=True)
class Issuer:
    """Issues tokens. The key is read once: that takes longer than signing."""

    key: RSAPrivateKey
    auth: dict[str, Any]

    @classmethod
    def of(cls, root: Path) -> Issuer:
        """Return the issuer of the project at `root`."""
        key = load_pem_private_key(
            (root / ".local" / "keys" / "signing-key.pem").read_bytes(), None
        )
        assert isinstance(key, RSAPrivateKey)
        return cls(key, tomllib.loads((root / "topology.toml").read_text("utf-8"))["auth"])

    def headers(self, subject: str, role: str, **claims: Any) -> dict[str, str]:
        """Return the headers of a caller with one role; `claims` replace those of its token."""
        now = int(time.time())
        usual = {
            "sub": subject,
            "iss": self.auth["issuer"],
            "aud": self.auth["audience"],
            "iat": now,
            "exp": now + _LIFETIME,
            "roles": [role],
        }
        token = jwt.encode(
            {**usual, **claims}, self.key, algorithm="RS256", headers={"typ": "at+jwt"}
        )
        return {"authorization": f"Bearer {token}", "content-type": "application/json"}
