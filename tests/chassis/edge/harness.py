"""What the tests of the HTTP side share: a runtime that records what it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
from chassis import trace
from chassis.caller import Caller
from chassis.errors import VersionMismatch
from chassis.messages import Command
from chassis.results import Outcome, Page, Versioned

from . import tokens
from .wallets import Currency, Wallet

ID = UUID("8c7c0a5e-2d0a-4d8e-9a58-0d6f0a3f4b11")
OWNER = UUID(tokens.SUBJECT)
WALLET = Wallet(
    wallet_id=ID, owner_id=OWNER, currency=Currency.EUR, balance=Decimal("1.10"), closed=False
)


@dataclass
class RecordingRuntime:
    """Answers what it is told to and remembers what it was asked."""

    failure: Exception | None = None
    created: bool = False
    version: int | None = None
    commands: list[Command] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    items: tuple[Wallet, ...] = (WALLET,)
    sources: None = None

    async def handle(self, command: Command, **given: Any) -> Outcome:
        self.commands.append(command)
        self.asked.append({**given, "trace": trace.current()})
        self._fail()
        expected = given.get("expected_version")
        if self.version is not None and expected not in (None, self.version):
            raise VersionMismatch(expected=expected, actual=self.version)
        return Outcome(
            id=command.wallet_id,  # type: ignore[attr-defined]
            version=3,
            events=("PaidIn",),
            created=self.created,
        )

    async def read(self, kind: type, id: UUID, caller: Caller) -> Versioned[Wallet] | None:
        self._fail()
        return Versioned(WALLET, 3) if id == ID else None

    async def search(self, kind: type, *given: Any) -> Page[Wallet]:
        self.asked.append(
            dict(zip(("by", "filter", "sort", "limit", "cursor"), given, strict=False))
        )
        self._fail()
        return Page(self.items, 'a"b')

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


def assert_hardened(answer: httpx.Response) -> None:
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def assert_problem(answer: httpx.Response, status: int, rule: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert_hardened(answer)
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:problem:{rule}"
    assert body["status"] == status
    assert body["title"]
    assert body["instance"] == answer.request.url.raw_path.decode().partition("?")[0]
    assert body["correlation_id"] == answer.headers["x-correlation-id"]
    return body
