"""The operator's commands on a running shop in which something went wrong.

Two bugs were deployed: the payment provider is not understood for one amount, and the stock of a
cancelled order cannot be released.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import nats
import pytest
from chassis.testing.system import System

from tests.e2e.conftest import ROOT, Project
from tests.e2e.orders import place, see
from tests.waiting import wait_until

DOCUMENT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    shop-ops (.+)$", DOCUMENT, re.MULTILINE)

# They start faster together.
IN_ONE_PROCESS = """
import json, sys
from chassis.ops.__main__ import main
print(json.dumps([main(each) for each in json.load(sys.stdin)]))
"""

BUGS = {
    "services/payment/src/shop_payment/adapters.py": (
        "        return AuthorizeAnswer(",
        "        assert question.amount != 26\n        return AuthorizeAnswer(",
    ),
    "services/inventory/src/shop_inventory/domain/stock_item.py": (
        'stock_item.reservations, "stock_is_reserved")\n            yield StockReleased(',
        'stock_item.reservations and False, "stock_is_reserved")\n            yield StockReleased(',
    ),
    # A refused compensation is not repeated for 17 minutes.
    "libs/chassis/src/chassis/saga/schedule.py": ("ATTEMPTS = 10", "ATTEMPTS = 1"),
}


@dataclass(frozen=True)
class Ailing:
    """A shop in which something went wrong, and its orders: the customer and the order of each."""

    project: Project
    shipped: tuple[UUID, str]
    unpaid: tuple[UUID, str]
    stuck: tuple[tuple[UUID, str], ...]

    def command(self, *arguments: str) -> list[str]:
        return [str(self.project.root / ".venv/bin/shop-ops"), *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.project.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def __call__(self, *arguments: str, code: int = 0) -> Any:
        """Run a command and return its JSON."""
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done
        return json.loads(done.stdout)

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """Run a command and return its lines of JSON."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done
        return [json.loads(line) for line in done.stdout.splitlines()]

    def saga_of(self, order: str) -> dict[str, Any]:
        (row,) = self("saga", "list", "--key", order)
        return dict(row)


@contextmanager
def bugs(root: Path) -> Iterator[None]:
    """Write the bugs into a project, and repair them."""
    right = {path: (root / path).read_text() for path in BUGS}
    try:
        for path, (before, after) in BUGS.items():
            assert before in right[path], path
            (root / path).write_text(right[path].replace(before, after))
        yield
    finally:
        for path, text in right.items():
            (root / path).write_text(text)


@pytest.fixture(scope="module")
def ops(shop: Project) -> Iterator[Ailing]:
    try:
        with bugs(shop.root):
            shop.make("up")
            shipped = place(shop, "19.90", "shipped")
            unpaid = place(shop, "13", "placed")
            stuck = tuple(place(shop, "900", "placed") for _ in range(2))
            ailing = Ailing(shop, shipped, unpaid, stuck)
            wait_until(lambda: ailing("dlq", "list"), "a dead letter")
            wait_until(lambda: len(ailing("saga", "list", "--state", "stuck")) == len(stuck))
        yield ailing
    finally:
        shop.run("down")
        shutil.rmtree(shop.root / ".local")  # other tests share the project


def publish(project: Project, topic: str, type: str, data: bytes) -> None:
    """Publish something as nobody of the system does."""

    async def published() -> None:
        client = await nats.connect(project.state.plan.nats_url)
        try:
            await client.jetstream().publish(f"{topic}.0.{type}", data)
        finally:
            await client.close()

    asyncio.run(published())


def test_a_dead_letter_is_found_and_shown(ops: Ailing) -> None:
    (row,) = ops("dlq", "list", "--unit", "payment", "--type", "CapturePayment")
    assert (row["subject"], row["state"], row["attempts"]) == (ops.unpaid[1], "dead", 6)
    assert ops("dlq", "list", "--subject", ops.unpaid[1], "--group", "payment.commands") == [row]
    assert ops("dlq", "list", "--unit", "order") == []
    shown = ops("dlq", "show", row["id"])
    assert shown["reason"].startswith("AssertionError")
    assert shown["message"]["data"]["amount"] == "26"


def test_what_cannot_be_decoded_is_replayed_in_vain_and_dropped(ops: Ailing) -> None:
    publish(ops.project, "shop.product.events", "shop.product.ProductListed.v1", b"\xff no JSON")
    unpaid = ops("dlq", "list", "--unit", "payment")

    def units() -> set[str]:
        return {row["unit"] for row in ops("dlq", "list", "--type", "ProductListed")}

    wait_until(lambda: units() == {"cart", "catalog"}, "a dead letter of each reader")
    rows = ops("dlq", "list", "--type", "ProductListed")
    shown = ops("dlq", "show", rows[0]["id"])
    assert (shown["encoding"], shown["attempts"]) == ("base64", 0)
    left = ops("dlq", "replay", rows[0]["id"], code=1)
    assert [(row["id"], row["state"]) for row in left] == [(rows[0]["id"], "dead")]
    assert "add --yes" in ops.run("dlq", "drop", "--all").stderr
    assert len(ops("dlq", "drop", "--all", "--type", "ProductListed", "--yes")) == 2
    assert ops("dlq", "list") == unpaid


def test_a_stuck_saga_is_found_and_resumed_in_vain(ops: Ailing) -> None:
    orders = {order for _, order in ops.stuck}
    assert {row["key"] for row in ops("saga", "list", "--state", "stuck")} == orders
    assert {row["key"] for row in ops("saga", "list", "--saga", "checkout")} > orders
    assert ops("saga", "list", "--older-than", "1h") == []
    row = ops.saga_of(ops.stuck[0][1])
    assert "stock_is_reserved" in row["reason"]
    shown = ops("saga", "show", row["id"])
    assert [each["action"] for each in shown["sent"] if each["progress"] == "failed"] == [
        "do",
        "undo",
    ]
    (result,) = ops("saga", "resume", row["id"])
    assert result["result"] == "changed"

    def refused_again() -> bool:
        now: dict[str, Any] = ops("saga", "show", row["id"])
        again = any(each["attempt"] == 2 for each in now["sent"])
        return again and bool(now["status"] == "stuck")

    wait_until(refused_again)


def test_a_read_model_is_rebuilt_paused_and_resumed(ops: Ailing) -> None:
    before = {row["projection"]: row for row in ops("projection", "status")}
    streams = {"sales_per_minute", "fraud_watch"}
    assert before.keys() == {"order_history", "catalog", "suspects", *streams}
    (row,) = ops("projection", "status", "catalog")
    assert (row["state"], row["incomplete"]) == ("live", None)
    assert row["rows"] == 4
    done = ops("projection", "rebuild", "catalog")
    assert done == {"projection": "catalog", "generation": row["generation"] + 1, "live": True}
    assert ops("projection", "pause", "catalog") == {"projection": "catalog", "paused": True}
    merchant = System.running(ops.project.root).caller("merchant")
    cups: list[str] = []

    def is_behind() -> bool:
        cup = {"name": "Cup", "category": "kitchen", "price": "3"}
        cups.append(merchant.post("/products", **cup)["product_id"])
        return bool(ops("projection", "status", "catalog")[0]["behind"] > 0)

    wait_until(is_behind)
    details = f"/catalog/{cups[-1]}"
    assert merchant.request("GET", details).status == 404
    assert ops("projection", "resume", "catalog") == {"projection": "catalog", "paused": False}
    merchant.eventually(details, name="Cup")
    (row,) = ops("projection", "status", "catalog")
    assert (row["state"], row["rows"], row["behind"]) == ("live", 4 + len(cups), 0)


def test_outboxes_are_empty(ops: Ailing) -> None:
    rows = wait_until(lambda: [r for r in ops("outbox", "status") if r["waiting"] == 0])
    assert {row["unit"] for row in rows} >= {"order", "payment"}
    (row,) = ops("outbox", "status", "--unit", "order")
    assert row == {"unit": "order", "waiting": 0, "oldest": None, "age_seconds": None, "type": None}


def test_events_are_browsed(ops: Ailing) -> None:
    order = ops.shipped[1]
    found = ops.lines("events", "browse", "shop.order.events", "--subject", order, "--since", "1h")
    types = [each["envelope"]["type"].split(".")[-2] for each in found]
    assert [name for name in types if name.startswith("Order")] == [
        "OrderPlaced",
        "OrderConfirmed",
        "OrderShipped",
    ]
    correlation = found[0]["envelope"]["correlation_id"]
    parcels = ops.lines(
        "events", "browse", "--correlation", correlation, "--type", "ParcelDispatched"
    )
    assert [each["envelope"]["subject"] for each in parcels] == [order]
    assert len(ops.lines("events", "browse", "--limit", "3")) == 3


def test_events_are_followed_until_ctrl_c(ops: Ailing) -> None:
    merchant = System.running(ops.project.root).caller("merchant")
    process = subprocess.Popen(
        ops.command("events", "tail", "--type", "StockReceived", "--json"),
        cwd=ops.project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        product = uuid4()
        path = f"/stock-items/{product}/receive-stock"
        with ThreadPoolExecutor(1) as thread:
            line = thread.submit(process.stdout.readline)
            while not line.done():  # what is published before it listens is not shown
                merchant.post(path, quantity=1)
                wait([line], timeout=0.1)
        assert json.loads(line.result())["envelope"]["subject"] == str(product)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.communicate()


def test_an_aggregate_as_of_a_version_and_a_time(ops: Ailing) -> None:
    name = ("state", "order", "Order", ops.shipped[1])
    assert (ops(*name)["status"], ops(*name)["version"]) == ("shipped", 3)
    assert ops(*name, "--as-of", "1")["status"] == "placed"
    events = ops.lines("events", "browse", "--subject", ops.shipped[1], "--type", "OrderConfirmed")
    confirmed = events[0]["envelope"]["time"]
    assert ops(*name, "--as-of", confirmed)["status"] == "confirmed"
    assert "there is no Order" in ops.run(*name, "--as-of", "2000-01-01").stderr


def test_make_shows_tables(ops: Ailing) -> None:
    printed = ops.project.make("ops", "ARGS=saga list --state stuck")
    head, *rows = printed.splitlines()
    assert head.split()[:4] == ["ID", "UNIT", "SAGA", "KEY"]
    assert len(rows) == 2
    assert "usage:" in ops.project.make("ops")


def test_what_the_document_says_can_be_done(ops: Ailing) -> None:
    """Its commands, one after the other, as they are written."""
    (letter,) = ops("dlq", "list", "--unit", "payment")
    ids = {
        "dlq show": letter["id"],
        "dlq drop": str(uuid4()),
        "saga show": ops.saga_of(ops.stuck[0][1])["id"],
        "saga resume": ops.saga_of(ops.stuck[0][1])["id"],
        "saga settle": ops.saga_of(ops.stuck[1][1])["id"],
        "state order": ops.shipped[1],
    }
    now = datetime.now(UTC).isoformat()
    commands = []
    for command in COMMANDS:
        arguments = [re.sub(r"^20\d\d-.*", now, each) for each in shlex.split(command)]
        id = ids.get(" ".join(arguments[:2]), "")
        if arguments[:2] != ["events", "tail"]:  # does not end
            commands.append([id if each == "ID" else each for each in arguments])
    done = subprocess.run(
        [ops.project.root / ".venv/bin/python", "-c", IN_ONE_PROCESS],
        cwd=ops.project.root,
        input=json.dumps(commands),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    codes = json.loads(done.stdout.splitlines()[-1])
    assert codes == [0] * len(commands), done.stdout


def test_repaired_and_replayed_everything_comes_to_its_end(ops: Ailing) -> None:
    ops.project.make("restart")
    (letter,) = ops("dlq", "list", "--unit", "payment")
    assert ops("dlq", "replay", letter["id"]) == []
    see(ops.project, ops.unpaid[0], "shipped")
    stuck = [row["id"] for row in ops("saga", "list", "--state", "stuck")]
    assert stuck
    ops("saga", "resume", *stuck)
    for customer, _ in ops.stuck:
        see(ops.project, customer, "cancelled")
    wait_until(lambda: not ops("saga", "list", "--state", "compensating"))
    assert ops("saga", "list", "--state", "stuck") == []
    assert ops("dlq", "list", "--unit", "payment") == []
