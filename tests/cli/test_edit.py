"""The commands that edit a spec, as a user meets them: streams, exit codes, questions."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from meshgen.spec.check import check_text
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
SHOP = (ROOT / "specs" / "shop.yaml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(SHOP, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `meshgen` in a folder, with nobody to ask."""
    return subprocess.run(
        [sys.executable, "-m", "meshgen", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )


def spec_of(folder: Path) -> str:
    return (folder / "shop.yaml").read_text(encoding="utf-8")


COMMANDS = {
    "add-service": ("add-service", "delivery", "--on", "order.OrderConfirmed"),
    "add-aggregate": ("add-aggregate", "shipping", "Carrier"),
    "add-event": ("add-event", "order.Order", "OrderReturned", "--sets", "status=cancelled"),
    "add-projection": ("add-projection", "board", "--on", "order.OrderPlaced"),
    "remove": ("remove", "mobile"),
    "rename": ("rename", "order.OrderPlaced", "OrderSubmitted"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_leaves_a_valid_spec(folder: Path, command: str) -> None:
    done = run(folder, *COMMANDS[command])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ok shop.yaml: ")
    assert done.stdout.endswith("only the spec was changed: it is not part of a project\n")
    assert spec_of(folder) != SHOP
    assert check_text("shop.yaml", spec_of(folder))[1] == ()
    assert run(folder, "check", "shop.yaml").returncode == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_a_dry_run_prints_a_patch(folder: Path, command: str) -> None:
    done = run(folder, *COMMANDS[command], "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert spec_of(folder) == SHOP
    patched = subprocess.run(
        ["git", "apply", "-"], input=done.stdout, text=True, cwd=folder, check=False
    )
    assert patched.returncode == 0
    run_spec = spec_of(folder)
    (folder / "shop.yaml").write_text(SHOP, encoding="utf-8")
    run(folder, *COMMANDS[command])
    assert run_spec == spec_of(folder)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_told_to_a_program(folder: Path, command: str) -> None:
    told = json.loads(run(folder, *COMMANDS[command], "--json").stdout)
    assert (told["ok"], told["command"], told["written"]) == (True, command, True)
    assert (told["path"], told["project"], told["update"]) == ("shop.yaml", None, None)
    assert told["diff"].startswith("--- a/shop.yaml\n+++ b/shop.yaml\n@@ ")


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (("add-service",), "NAME"),
        (("add-aggregate",), "SERVICE, NAME"),
        (("add-event", "order.Order"), "NAME"),
        (("add-projection",), "NAME, --on"),
        (("remove",), "PATH"),
        (("rename", "order"), "NEW"),
    ],
)
def test_nobody_is_asked_where_nobody_is(
    folder: Path, arguments: tuple[str, ...], missing: str
) -> None:
    done = run(folder, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: missing: {missing}\n")


def test_quietly(folder: Path) -> None:
    done = run(folder, *COMMANDS["rename"], "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_refusal(folder: Path) -> None:
    done = run(folder, "remove", "shipping")
    assert (done.returncode, done.stdout) == (2, "")
    assert "shop.yaml:111:14: `order.policies.1.on` refers to" in done.stderr
    assert done.stderr.endswith("shop.yaml was not changed: other parts of the spec refer to it\n")
    assert spec_of(folder) == SHOP


def test_a_refusal_for_a_program(folder: Path) -> None:
    done = run(folder, "remove", "shipping", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr, told["ok"]) == (2, "", False)
    assert told["error"]["message"].startswith("shop.yaml was not changed")
    assert [finding["line"] for finding in told["findings"]] == [111, 309]


INTERRUPT = "\x03"


def answering(folder: Path, arguments: tuple[str, ...], answers: str) -> tuple[int, str]:
    """Run `meshgen` on a terminal, where `answers` are typed; the exit code and the screen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ["PYTHONPATH"] = str(ROOT / "src")
        os.execv(sys.executable, [sys.executable, "-m", "meshgen", *arguments])
    screen = b""
    waiting = answers.encode()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 2)[0]:
            if answers == INTERRUPT and not waiting:
                os.write(terminal, answers.encode())  # it came before the program listened
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        screen += part
        if waiting and screen.rstrip().endswith(b":"):  # a question
            os.write(terminal, waiting)
            waiting = b""
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), screen.decode()


def test_on_a_terminal_one_is_asked(folder: Path) -> None:
    answers = "delivery\n\nDelivery\norder.OrderConfirmed\nDeliveryArranged\n"
    code, screen = answering(folder, ("add-service",), answers)
    assert code == 0
    assert "Name of the service" in screen
    given = run(folder, "add-service", "x", "--dry-run")
    assert given.returncode == 0
    asked = spec_of(folder)
    (folder / "shop.yaml").write_text(SHOP, encoding="utf-8")
    run(folder, "add-service", "delivery", "--aggregate", "Delivery", "--on",
        "order.OrderConfirmed", "--emits", "DeliveryArranged")  # fmt: skip
    assert asked == spec_of(folder)


def test_what_is_given_is_not_asked_for(folder: Path) -> None:
    code, screen = answering(folder, ("rename", "order"), "sales\n")
    assert code == 0
    assert "What is renamed" not in screen
    assert "  sales:\n    renamed_from: order\n" in spec_of(folder)


def test_with_all_there_nothing_is_asked(folder: Path) -> None:
    code, screen = answering(folder, COMMANDS["add-projection"], "")
    assert (code, "?" in screen) == (0, False)


@pytest.mark.parametrize("key", [INTERRUPT, "\x04"], ids=["interrupt", "end"])
def test_who_stops_changes_nothing(folder: Path, key: str) -> None:
    code, screen = answering(folder, ("add-service",), key)
    assert code == 2
    assert "nothing was changed" in screen
    assert spec_of(folder) == SHOP
