"""A project as it comes out: it is in order, its tests pass, and it runs."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import psutil
import pytest
from chassis.testing.system import System

from tests.e2e.conftest import Project
from tests.waiting import wait_until


def test_it_passes_its_own_style_format_and_type_checks(project: Project) -> None:
    printed = project.make("lint")
    assert "All checks passed" in printed
    assert "already formatted" in printed
    assert re.search(r"no issues found in \d+ source files", printed)


@pytest.mark.parametrize("name", ["shop", "trips"])
def test_pyright_finds_no_errors(generated: Callable[[str], Project], name: str) -> None:
    """In its standard mode, which is what an editor shows: chassis, contracts, units and tests."""
    project = generated(name)
    project.make(".venv/.ready")
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", ".venv/bin/python", "--outputjson"],
        cwd=project.root,
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert report["summary"]["errorCount"] == 0, done.stdout
    assert report["summary"]["filesAnalyzed"] > 100


def test_it_passes_its_own_tests(project: Project) -> None:
    """Those of every unit, and those of the running system, which they start and stop."""
    printed = project.make("test")
    assert re.search(r"\d+ passed", printed)
    assert "skipped" not in printed
    assert "nothing is running" in project.run("status").stdout


def test_the_example_with_its_hand_written_lines_is_in_order(shop: Project) -> None:
    assert "no issues found" in shop.make("lint")
    units = ["services", "projections", "bffs", "tests/test_architecture.py"]
    done = subprocess.run(
        [shop.root / ".venv/bin/pytest", "-q", *units],
        cwd=shop.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_make_says_what_there_is(project: Project) -> None:
    printed = project.make("help")
    targets = {"up", "smoke", "status", "logs", "down", "token", "test", "lint", "format", "clean"}
    assert {line.split()[0] for line in printed.splitlines()} >= targets


def test_up_twice_is_harmless(running_shop: Project) -> None:
    assert "is running already" in running_shop.make("up")


def test_status_shows_every_unit_and_whether_it_is_ready(running_shop: Project) -> None:
    printed = running_shop.make("status")
    for unit in ("gateway", "nats", "order", "order_history", "web"):
        assert re.search(rf"^{unit} .* ready$", printed, re.MULTILINE), printed


def test_smoke_tells_the_story_of_the_shop(running_shop: Project) -> None:
    printed = running_shop.make("smoke")
    assert "status=shipped, total=39.80" in printed
    assert "status=cancelled, total=1800" in printed
    assert "3 passed" in printed


def test_a_front_end_needs_its_own_backend_only(running_shop: Project) -> None:
    system = System.running(running_shop.root)
    merchant, customer = system.caller("merchant"), system.caller("customer")
    product = merchant.post("/products", name="Kettle", category="kitchen", price="9.90")[
        "product_id"
    ]
    item = {"product_id": product, "quantity": 2}
    assert customer.post("/web/cart/items", **item)["version"] == 1
    assert customer.eventually("/web/home")["cart"]["items"][product]["unit_price"] == "9.90"
    key = {"idempotency-key": "once"}
    answers = [
        customer.request("DELETE", f"/web/cart/items/{product}", body={}, headers=key)
        for _ in range(2)
    ]
    assert [(answer.status, answer.body["version"]) for answer in answers] == [(200, 2)] * 2
    problem = customer.refused("POST", "/web/checkout", 409)
    assert problem["type"] == "urn:problem:cart_is_not_empty"
    assert problem["instance"] == "/web/checkout"
    stale = {"if-match": '"1"'}
    answer = customer.request("POST", "/web/cart/items", body=item, headers=stale)
    assert answer.status == 412
    answer = customer.request("POST", "/web/cart/items", body=item, headers={"if-match": '"2"'})
    assert (answer.status, answer.headers["etag"]) == (200, '"3"')
    assert customer.post("/web/checkout")["events"] == ["CartCheckedOut"]
    merchant.refused("POST", "/web/cart/items", 403, **item)
    customer.refused("POST", "/web/cart/items", 422, product_id=product, quantity=0)


def test_a_tenth_of_the_peak_is_served(running_shop: Project) -> None:
    """Whether fast enough depends on what else the machine does: `python -m bench load` says it."""
    path = running_shop.root / "tests/load/locustfile.py"
    written = path.read_text()
    path.write_text(written.replace("p95=200, p99=500", "p95=20_000, p99=20_000"))
    try:
        done = running_shop.run("load", RATE="0.1", SECONDS="30")
    finally:
        path.write_text(written)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    assert "all objectives are met" in printed
    assert re.search(r"processor time: \d+ ms/s predicted, [1-9]\d* measured, error", printed)
    for route in ("/carts/{id}/check-out", "/catalog/{id}", "/web/home"):
        assert route in printed
    assert " /products" not in printed, "what prepares is not measured"


def test_logs_follow_one_request_through_the_services(shop: Project) -> None:
    shop.make("up", LOG_LEVEL="DEBUG")
    try:
        shop.make("smoke")
        log = (shop.root / ".local/logs/shop.log").read_text().splitlines()
    finally:
        shop.make("down")
    lines = [json.loads(line) for line in log if line.startswith("{")]
    checkout = next(line for line in lines if str(line.get("path")).endswith("/check-out"))
    same = [line for line in lines if line.get("correlation_id") == checkout["correlation_id"]]
    assert {line["service"] for line in same} >= {"cart", "order", "inventory", "payment"}


def test_each_unit_in_a_process_of_its_own_gives_the_same_results(shop: Project) -> None:
    try:
        assert "14 processes" in shop.make("up", PROCESSES="each")
        assert "3 passed" in shop.make("smoke")
    finally:
        shop.make("down")


def test_a_killed_process_is_seen_and_started_again(running_shop: Project) -> None:
    state = json.loads((running_shop.root / ".local/state.json").read_text())
    os.kill(state["started"]["shop"]["pid"], signal.SIGKILL)
    wait_until(lambda: "1 (killed by SIGKILL)" in running_shop.run("status").stdout)
    running_shop.make("up")
    assert running_shop.run("status").returncode == 0
    assert "3 passed" in running_shop.make("smoke")


def test_an_accepted_command_survives_a_kill_of_everything(running_shop: Project) -> None:
    """The outbox is on disk: what was answered 2xx happens, whenever the system is up again."""
    script = (
        "from pathlib import Path\n"
        "from chassis.testing.system import System\n"
        "merchant = System.running(Path()).caller('merchant')\n"
        "for n in range(20):\n"
        "    print(merchant.post('/products', name=f'Lost {n}',"
        " category='lost', price='1')['product_id'])\n"
    )
    python = str(running_shop.root / ".venv/bin/python")
    listed = subprocess.run(
        [python, "-c", script], cwd=running_shop.root, capture_output=True, text=True, check=True
    )
    state = json.loads((running_shop.root / ".local/state.json").read_text())
    for started in (state["supervisor"], *state["started"].values()):
        os.kill(started["pid"], signal.SIGKILL)
    ids = [line for line in listed.stdout.splitlines() if "-" in line and " " not in line]
    assert len(ids) == 20
    running_shop.make("up")
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from chassis.testing.system import System\n"
        "caller = System.running(Path()).caller()\n"
        "for id in sys.argv[1:]:\n"
        "    caller.eventually(f'/catalog/{id}', category='lost')\n"
    )
    subprocess.run([python, "-c", script, *ids], cwd=running_shop.root, check=True)


@pytest.mark.parametrize("role", ["customer", "merchant"])
def test_a_token_can_be_had_for_each_role(running_shop: Project, role: str) -> None:
    token = running_shop.make("--silent", "token", f"ROLE={role}").strip()
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token)
    assert "BEGIN" not in (running_shop.root / ".gitignore").read_text()
    assert ".local/" in (running_shop.root / ".gitignore").read_text()


def test_down_leaves_nothing_running(shop: Project) -> None:
    shop.make("up")
    state = json.loads((shop.root / ".local/state.json").read_text())
    shop.make("down")
    assert not [each["pid"] for each in state["started"].values() if _runs(each["pid"])]
    shop.make("down")  # a second time is harmless


def test_a_busy_port_is_told(shop: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        done = shop.run("up", GATEWAY_PORT=port)
    assert done.returncode != 0
    assert port in done.stdout + done.stderr
    assert "nothing is running" in shop.run("status").stdout


def _runs(pid: int) -> bool:
    """A zombie, which nobody has asked for its exit code yet, does not run."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
