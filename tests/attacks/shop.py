"""The shop that is attacked: its addresses, its users, and what they have to lose."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import jwt
from chassis.embedded.paths import ProjectPaths
from chassis.testing.system import System
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.attacks.attempts import Attempt
from tests.attacks.wire import Reply, ask, request

GATEWAY = "gateway"
UNITS = "units"


@dataclass(frozen=True)
class Shop:
    """The running shop.

    Attributes:
        root: Its project.
        victim: A customer with a cart and a shipped order.
        order: The order.
        product: What was ordered.
    """

    root: Path
    system: System
    victim: UUID
    order: str
    product: str

    @cached_property
    def key(self) -> RSAPrivateKey:
        """The key that the issuer signs with."""
        found = serialization.load_pem_private_key(self._paths.signing_key.read_bytes(), None)
        assert isinstance(found, RSAPrivateKey)
        return found

    @cached_property
    def kid(self) -> str:
        return str(json.loads(self._paths.jwks.read_text())["keys"][0]["kid"])

    @property
    def _paths(self) -> ProjectPaths:
        return ProjectPaths(self.root.resolve())

    def claims(self, *roles: str, sub: UUID | None = None, **changes: Any) -> dict[str, Any]:
        """Return good claims with changes; those that are None are left out."""
        now = int(time.time())
        claims = {
            "iss": "https://id.shop.example",
            "aud": "shop",
            "sub": str(sub or uuid4()),
            "iat": now,
            "exp": now + 600,
            "roles": list(roles),
        }
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def token(self, *roles: str, sub: UUID | None = None) -> str:
        """Return a good token."""
        return jwt.encode(self.claims(*roles, sub=sub), self.key, "RS256", self.header)

    @property
    def header(self) -> dict[str, Any]:
        """The header of a good token (RFC 9068)."""
        return {"kid": self.kid, "typ": "at+jwt"}

    def bearer(self, *roles: str, sub: UUID | None = None) -> dict[str, str]:
        """Return the header of a good token; of somebody new by default."""
        return {"Authorization": f"Bearer {self.token(*roles, sub=sub)}"}

    def send(self, attempt: Attempt, at: str) -> Reply | None:
        """Make an attempt at the gateway or at the unit; wait when there were too many."""
        raw = request(attempt.method, self.path(attempt, at), attempt.headers, attempt.content)
        while True:
            reply = ask(self.address(attempt, at), raw)
            if reply is None or reply.status != 429:
                return reply
            time.sleep(float(reply.headers["retry-after"]))

    def path(self, attempt: Attempt, at: str) -> str:
        """Return the path of an attempt at the gateway or at the unit.

        The gateway has those of a backend-for-frontend below its name.
        """
        is_front = attempt.unit is not None and (self.root / "bffs" / attempt.unit).is_dir()
        prefixed = at == GATEWAY and is_front
        return f"/{attempt.unit}{attempt.path}" if prefixed else attempt.path

    def address(self, attempt: Attempt, at: str) -> tuple[str, int]:
        """Return the host and the port for an attempt."""
        unit = at == UNITS and self.system.units[attempt.unit or "order"]
        split = urlsplit(unit or self.system.url)
        assert split.hostname
        assert split.port
        return split.hostname, split.port

    def possessions(self) -> Mapping[str, Any]:
        """Return what an attacker could change."""
        victim, merchant = self.bearer("customer", sub=self.victim), self.bearer("merchant")
        return {
            unit: self._read(unit, path, headers)
            for unit, path, headers in (
                ("cart", f"/carts/{self.victim}", victim),
                ("order", f"/orders/{self.order}", victim),
                ("product", f"/products/{self.product}", merchant),
                ("inventory", f"/stock-items/{self.product}", merchant),
            )
        }

    def _read(self, unit: str, path: str, headers: Mapping[str, str]) -> Any:
        reply = self.send(Attempt(name="read", unit=unit, path=path, headers=headers), GATEWAY)
        assert reply is not None
        assert reply.status == 200, reply
        return reply.json


def opened(root: Path) -> Shop:
    """Return the running shop of a project, with a customer who has ordered something."""
    system = System.running(root)
    merchant, victim = system.caller("merchant"), system.caller("customer")
    listed = merchant.post("/products", name="Teapot", category="kitchen", price="19.90")
    product = listed["product_id"]
    merchant.post(f"/stock-items/{product}/receive-stock", quantity=50)
    victim.post(f"/carts/{victim.id}/put-item", product_id=product, quantity=2)
    victim.post(f"/carts/{victim.id}/check-out")
    row = victim.eventually("/order-history", {"customer_id": victim.id}, 60.0, status="shipped")
    victim.post(f"/carts/{victim.id}/put-item", product_id=product, quantity=1)
    return Shop(root, system, victim.id, str(row["order_id"]), str(product))
