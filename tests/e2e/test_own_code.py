"""The code of docs/own-code.md in the shop, with a payment provider that has an HTTP API."""

from __future__ import annotations

import hmac
import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import httpx
import pytest
from chassis.testing.system import System

from tests.e2e.conftest import ROOT, Project
from tests.e2e.orders import place, see
from tests.trees import copy_tracked

ADAPTERS = "services/payment/src/shop_payment/adapters.py"
ROUTER = "services/order/src/shop_order/invoices.py"
SERVICE = "services/order/src/shop_order/service.py"
WEBHOOK = "services/payment/src/shop_payment/notifications.py"
PAYMENT = "services/payment/src/shop_payment/service.py"
DOCUMENT = (ROOT / "docs" / "own-code.md").read_text(encoding="utf-8")
CODE, INVOICES, NOTIFICATIONS = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
DIFFS = re.findall(r"```diff\n(.*?)```", DOCUMENT, re.DOTALL)
INVOICES_ADDED, ROUTE_ADDED, WEBHOOK_ADDED, MIDDLEWARE_ADDED = DIFFS
KEY = "a key"
SECRET = "what only the provider knows"


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


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The shop with the code of the document."""
    root = tmp_path_factory.mktemp("own") / "shop"
    copy_tracked(ROOT / "examples" / "shop", root)
    (root / ADAPTERS).write_text(f"# scaffolded by meshgen - yours to edit\n{CODE}")
    (root / ROUTER).write_text(INVOICES)
    (root / WEBHOOK).write_text(NOTIFICATIONS)
    project = Project(root)
    project.edit(*_changes(ROUTE_ADDED))
    for path, diff in (
        (SERVICE, INVOICES_ADDED),
        (SERVICE, MIDDLEWARE_ADDED),
        (PAYMENT, WEBHOOK_ADDED),
    ):
        text = (root / path).read_text()
        for before, after in _changes(diff):
            assert before in text
            text = text.replace(before, after)
        (root / path).write_text(text)
    return project


def _changes(diff: str) -> list[tuple[str, str]]:
    """What each part of a diff replaces, and by what."""
    return [
        (
            "".join(line[1:] for line in lines if not line.startswith("+")),
            "".join(line[1:] for line in lines if not line.startswith("-")),
        )
        for part in diff.split("...\n")
        if (lines := part.splitlines(keepends=True))
    ]


@pytest.fixture
def running(changed: Project, provider: Provider) -> Iterator[Project]:
    changed.make(
        "up",
        PAYMENT_PROVIDER_URL=provider.url,
        PAYMENT_PROVIDER_KEY=KEY,
        PAYMENT_NOTIFICATION_KEY=SECRET,
    )
    yield changed
    changed.make("down")


def test_orders_are_paid_at_the_provider(running: Project, provider: Provider) -> None:
    _, shipped = place(running, "40.00", "shipped")
    _, cancelled = place(running, "60.00", "cancelled")
    assert provider.amounts == {shipped: "80.00", cancelled: "120.00"}


def test_an_order_waits_for_a_provider_that_is_out_of_order(
    running: Project, provider: Provider
) -> None:
    provider.out_of_order = True
    customer, order = place(running, "40.00", "placed")
    provider.out_of_order = False
    see(running, customer, "shipped")
    assert provider.amounts == {order: "80.00"}


def test_an_invoice_is_for_the_customer_only(running: Project) -> None:
    customer, order = place(running, "40.00", "shipped")
    system = System.running(running.root)
    path = f"/orders/{order}/invoice"
    found = system.caller("customer", sub=customer).get(path)
    assert found == {"number": order[:8].upper(), "total": "80.00"}
    system.caller("customer").refused("GET", path, 404)
    headers = {"authorization": f"Bearer {system.token('customer', sub=customer)}"}
    url = f"{system.url}/orders/{order}"
    answer = httpx.get(url, headers=headers, trust_env=False)
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["order_id"] == order


def test_a_refund_at_the_provider_is_recorded_once(running: Project) -> None:
    customer, order = place(running, "40.00", "shipped")
    url = System.running(running.root).url + "/payment-notifications"
    body = json.dumps({"id": str(uuid4()), "type": "refunded", "reference": order}).encode()

    def notify(*, sent: float, key: str = SECRET, changed: bytes = b"") -> httpx.Response:
        timestamp = str(int(sent))
        signature = hmac.new(key.encode(), f"{timestamp}.".encode() + body, "sha256").hexdigest()
        headers = {
            "content-type": "application/json",
            "x-timestamp": timestamp,
            "x-signature": signature,
        }
        return httpx.post(url, content=body + changed, headers=headers, trust_env=False)

    now = time.time()
    assert notify(sent=now, key="a guess").status_code == 401
    assert notify(sent=now, changed=b" ").status_code == 401
    assert notify(sent=now - 600).json()["type"] == "urn:problem:signature_too_old"
    assert httpx.post(url, json={}, trust_env=False).status_code == 401
    payment = System.running(running.root).caller("customer", sub=customer)
    path = "/payments/payment-of-order"
    assert payment.get(path, order_id=order)["status"] == "captured"
    assert [notify(sent=now + seconds).status_code for seconds in (0, 0, 1)] == [204, 204, 204]
    assert payment.get(path, order_id=order)["status"] == "refunded"


def test_it_is_typed_and_formatted_and_survives_an_update(changed: Project) -> None:
    changed.make("lint")
    before = (changed.root / SERVICE).read_text()
    changed.edit(("summary: Orders from", "summary: All orders from"))
    after = (changed.root / SERVICE).read_text()
    assert "routers=(invoices.router,)" in after != before
    assert (changed.root / ADAPTERS).read_text().endswith(CODE)
