"""The code of docs/own-code.md in the shop, with a payment provider that has an HTTP API."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.e2e.conftest import ROOT, Project
from tests.e2e.orders import place, see

ADAPTERS = "services/payment/src/shop_payment/adapters.py"
DOCUMENT = (ROOT / "docs" / "own-code.md").read_text(encoding="utf-8")
(CODE,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
KEY = "a key"


class Provider(ThreadingHTTPServer):
    """A payment provider that approves up to 100, once for each key.

    Attributes:
        amounts: The authorized amounts by idempotency key.
        out_of_order: Whether it answers 503.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.amounts: dict[str, str] = {}
        self.out_of_order = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] != f"Bearer {KEY}":
            return self.answer(401, {})
        if self.server.out_of_order:
            return self.answer(503, {})
        approved = float(asked["amount"]) <= 100
        self.server.amounts[self.headers["Idempotency-Key"]] = asked["amount"]
        return self.answer(201, {"approved": approved, "reason": "" if approved else "too much"})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def running(shop: Project, provider: Provider) -> Iterator[Project]:
    """The shop with the adapter of the document."""
    path = shop.root / ADAPTERS
    before = path.read_text()
    path.write_text(f"# scaffolded by meshgen - yours to edit\n{CODE}")
    shop.make("up", PAYMENT_PROVIDER_URL=provider.url, PAYMENT_PROVIDER_KEY=KEY)
    yield shop
    shop.make("down")
    path.write_text(before)


def test_orders_are_paid_at_the_provider(running: Project, provider: Provider) -> None:
    _, shipped = place(running, "40.00", "shipped")
    _, cancelled = place(running, "60.00", "cancelled")
    assert provider.amounts == {shipped: "80.00", cancelled: "120.00"}


def test_an_order_waits_for_a_provider_that_is_out_of_order(
    running: Project, provider: Provider
) -> None:
    provider.out_of_order = True
    customer, _ = place(running, "40.00", "placed")
    provider.out_of_order = False
    see(running, customer, "shipped")


def test_the_code_is_typed_and_formatted(shop: Project) -> None:
    path = shop.root / ADAPTERS
    before = path.read_text()
    path.write_text(f"# scaffolded by meshgen - yours to edit\n{CODE}")
    try:
        shop.make("lint")
    finally:
        path.write_text(before)
