"""`status`, `logs` and `token` on a running system."""

from __future__ import annotations

import signal
import threading
import time
from datetime import UTC, datetime
from typing import IO
from uuid import UUID

import jwt
import pytest

from tests.waiting import PATIENCE, wait_until

from .projects import Project


def test_status_is_a_table_of_everything(running: Project) -> None:
    lines = running.run("status").splitlines()
    assert lines[0].split() == ["UNIT", "PROCESS", "PID", "MEMORY", "RESTARTS", "URL", "READY"]
    assert [line.split()[0] for line in lines[1:-1]] == ["nats", "order", "cart", "web", "gateway"]
    assert all(line.endswith("ready") for line in lines[1:-1])
    assert lines[-1].endswith("MB in total")


def test_status_for_programs(running: Project) -> None:
    status = running.status
    rows = {row["unit"]: row for row in status["units"]}
    assert status["ready"]
    assert rows["order"]["pid"] == rows["cart"]["pid"] == running.pids["shop"]
    assert rows["order"]["url"] != rows["cart"]["url"]
    assert rows["gateway"]["memory"] > 1_000_000


def test_status_says_why_a_unit_is_not_ready(shop: Project) -> None:
    shop.configure({"order": "never"})
    process = shop.start("up")
    wait_until(lambda: "no: 503 hub: not connected" in shop.start("status").communicate()[0])
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)


def test_a_degraded_unit_is_ready(shop: Project) -> None:
    shop.configure({"order": "degraded"})
    shop.run("up")
    assert "degraded: hub: away" in shop.run("status")
    (row,) = [row for row in shop.status["units"] if row["unit"] == "order"]
    assert (row["status"], row["problem"]) == ("degraded", "hub: away")
    assert shop.status["ready"]


def test_status_of_nothing(shop: Project) -> None:
    assert "nothing is running: start it with `make up`" in shop.run("status", code=1)
    assert shop.status == {"ready": False, "supervised": False, "units": []}


def test_logs_of_all_and_of_one(running: Project) -> None:
    said = running.run("logs").splitlines()
    assert {line.split(" | ")[0].strip() for line in said} >= {"nats", "shop"}
    one = running.run("logs", "shop", "-n", "1").splitlines()
    assert len(one) == 1
    assert " | " not in one[0]
    unknown = running.run("logs", "shops", code=1)
    assert "there is no process or unit 'shops'" in unknown
    assert "order" in unknown


def test_logs_of_a_unit_leave_out_its_neighbours(running: Project) -> None:
    log = running.root / ".local" / "logs" / "shop.log"
    with log.open("a") as file:
        file.write('{"service": "cart", "event": "cart says"}\n')
        file.write('{"service": "order", "event": "order says"}\n')
        file.write("Traceback (of somebody)\n")
    said = running.run("logs", "cart")
    assert "cart says" in said
    assert "order says" not in said
    assert "Traceback (of somebody)" in said


def test_logs_go_on(running: Project) -> None:
    log = running.root / ".local" / "logs" / "web.log"
    seen: list[str] = []

    def read(output: IO[str]) -> None:
        for line in output:
            seen.append(line)

    def write(text: str) -> None:
        with log.open("a") as file:
            file.write(text)

    with running.start("logs", "web", "-f", "-n", "0") as process:
        assert process.stdout is not None
        reader = threading.Thread(target=read, args=(process.stdout,))
        reader.start()
        while not seen:  # nothing else shows that it follows
            write("again\n")
            time.sleep(0.05)
        write("half a ")
        time.sleep(0.5)  # time to see the half, which must not show
        write("line\n")
        wait_until(lambda: "half a line\n" in seen)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=PATIENCE)
        reader.join()
        assert set(seen) == {"again\n", "half a line\n"}
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_logs_of_nothing(shop: Project) -> None:
    assert "no logs yet" in shop.run("logs", code=1)


def test_a_token_needs_no_running_system(shop: Project) -> None:
    token = shop.run("token", "--role", "customer", "--role", "merchant", "--ttl", "30m").strip()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["iss"] == "https://id.shop.example"
    assert claims["aud"] == "shop"
    assert claims["roles"] == ["customer", "merchant"]
    assert claims["exp"] - claims["iat"] == 1800
    assert abs(claims["iat"] - datetime.now(UTC).timestamp()) < PATIENCE
    assert UUID(claims["sub"])


def test_whom_a_token_is_for(shop: Project) -> None:
    def subject(*options: str) -> str:
        token = shop.run("token", "--role", "customer", *options).strip()
        return str(jwt.decode(token, options={"verify_signature": False})["sub"])

    somebody = "8d3c1c0e-0000-4000-8000-000000000001"
    assert subject("--sub", somebody) == somebody
    assert subject() == subject()
    assert subject("--random") != subject("--random")


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--role", "king"], 1, "there is no role 'king'; there are customer, merchant"),
        (["--role", "customer", "--ttl", "long"], 2, "'long' is not a duration like"),
        (["--role", "customer", "--sub", "me"], 2, "invalid UUID"),
        ([], 2, "--role"),
    ],
)
def test_a_token_that_cannot_be(shop: Project, options: list[str], code: int, says: str) -> None:
    assert says in shop.run("token", *options, code=code)


def test_two_first_tokens_at_once_have_one_key(shop: Project) -> None:
    both = [shop.start("token", "--role", "customer") for _ in range(4)]
    kids = {jwt.get_unverified_header(each.communicate()[0].strip())["kid"] for each in both}
    assert len(kids) == 1
    assert {each.name for each in (shop.root / ".local/keys").iterdir()} == {
        "jwks.json",
        "signing-key.pem",
    }


def test_a_spoiled_key_is_told(shop: Project) -> None:
    shop.run("token", "--role", "customer")
    (shop.root / ".local/keys/signing-key.pem").write_text("spoiled")
    assert "signing-key.pem cannot be used" in shop.run("token", "--role", "customer", code=1)


def test_help_has_examples(shop: Project) -> None:
    said = shop.run("--help")
    assert "token --role customer --ttl 8h" in said


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GATEWAY_PORT", "http"),
        ("GATEWAY_PORT", "70000"),
        ("PROCESSES", "x"),
        ("REPLICAS", "0"),
        ("REPLICAS", "two"),
    ],
)
def test_a_wrong_variable_is_told(shop: Project, variable: str, value: str) -> None:
    assert f"{variable} is '{value}'" in shop.run("up", code=1, **{variable: value})
