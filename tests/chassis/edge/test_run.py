"""The process runner as a process: how it starts, says what is wrong, and leaves."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.waiting import PATIENCE, wait_until

from . import tokens

HERE = Path(__file__).parent
LONELY = "fronts:lonely"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    jwks = tokens.write_jwks(tmp_path / "jwks.json", "one")
    path = os.pathsep.join([str(HERE), *filter(None, sys.path)])
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": path,
        "JWKS_FILE": str(jwks),
        "ISSUER": tokens.ISSUER,
        "AUDIENCE": tokens.AUDIENCE,
        "DATA_DIR": str(tmp_path / "data"),
        "DRAIN_TIMEOUT": "600",  # more than a test waits: none passes because of it
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def started(env: dict[str, str], *units: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "chassis.run", *units],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def stopped(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> str:
    """Ask the process to leave; return what it wrote."""
    process.send_signal(number)
    output, _ = process.communicate(timeout=PATIENCE)
    return output


def wait_until_ready(url: str) -> None:
    wait_until(lambda: status(f"{url}/readyz") == 200, f"{url} being ready")


def get(url: str, **options: Any) -> httpx.Response:
    return httpx.get(url, timeout=PATIENCE, **options)


def status(url: str) -> int | None:
    """The status of an answer, None while nothing listens."""
    try:
        return get(url).status_code
    except httpx.TransportError:
        return None


def refused(env: dict[str, str], *units: str) -> str:
    """What a process says that cannot start; it must be one line an item and exit code 2."""
    result = subprocess.run(
        [sys.executable, "-m", "chassis.run", *units],
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    return result.stderr


def records(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_units_share_a_process_and_leave_when_asked(env: dict[str, str]) -> None:
    first, second = free_port(), free_port()
    units = (f"{LONELY}@127.0.0.1:{first}", f"{LONELY}@127.0.0.1:{second}")
    with started(env, *units) as process:
        for port in (first, second):
            wait_until_ready(f"http://127.0.0.1:{port}")
            assert get(f"http://127.0.0.1:{port}/livez").status_code == 200
            assert get(f"http://127.0.0.1:{port}/slow").status_code == 401
        logged = records(stopped(process))
    assert process.returncode == 0
    events = [record["event"] for record in logged]
    assert events.count("listening") == 2
    assert "ready" in events
    assert events[-1] == "stopped"
    requests = [record for record in logged if record["event"] == "request"]
    assert [(r["service"], r["path"], r["status"]) for r in requests] == [
        ("lonely", "/slow", 401)
    ] * 2
    assert all(record["correlation_id"] and record["traceparent"] for record in requests)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_finished(env: dict[str, str], number: signal.Signals) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    headers = {"authorization": f"Bearer {tokens.token()}"}
    env["DRAIN_DELAY"] = "3"
    folder = Path(env["DATA_DIR"])
    folder.mkdir()
    begun, finish = folder / "begun", folder / "finish"
    with started(env, f"{LONELY}@127.0.0.1:{port}") as process, ThreadPoolExecutor() as pool:
        wait_until_ready(url)
        slow = pool.submit(get, f"{url}/slow", headers=headers)
        wait_until(begun.exists, "the request")
        process.send_signal(number)
        wait_until(lambda: status(f"{url}/readyz") == 503, "the end of readiness")
        draining = get(f"{url}/readyz")
        assert draining.json()["checks"]["unit"] == {"status": "failed", "reason": "draining"}
        assert get(f"{url}/livez").status_code == 200
        finish.touch()
        assert slow.result().json() == {"done": True}
        process.wait(timeout=PATIENCE)
        with pytest.raises(httpx.ConnectError):
            get(f"{url}/livez")
    assert process.returncode == 0


def test_an_open_connection_does_not_hold_it_up(env: dict[str, str]) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    with started(env, f"{LONELY}@127.0.0.1:{port}") as process, httpx.Client() as client:
        wait_until_ready(url)
        assert client.get(f"{url}/livez").status_code == 200
        stopped(process)
    assert process.returncode == 0


def test_an_unexpected_error_is_one_line_in_the_log(env: dict[str, str]) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    with started(env, f"{LONELY}@127.0.0.1:{port}") as process:
        wait_until_ready(url)
        headers = {"authorization": f"Bearer {tokens.token()}"}
        answer = get(f"{url}/broken", headers=headers)
        assert answer.status_code == 500
        assert "hunter2" not in answer.text
        logged = records(stopped(process))
    (error,) = [record for record in logged if record["level"] == "error"]
    assert "RuntimeError: the password is hunter2" in error["exception"]
    assert error["correlation_id"] == answer.json()["correlation_id"]
    assert error["service"] == "lonely"


def test_without_a_hub_it_is_alive_but_not_ready(env: dict[str, str]) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    env["HUB_URL"] = f"nats://127.0.0.1:{free_port()}"
    with started(env, f"wallets:service@127.0.0.1:{port}") as process:
        wait_until(lambda: status(f"{url}/livez") == 200, f"{url} being alive")

        def waits_for() -> str:
            answer = get(f"{url}/readyz")
            assert answer.status_code == 503
            return str(answer.json()["checks"]["unit"]["reason"])

        wait_until(lambda: waits_for().startswith("hub: "), "a reason for not being ready")
        for method in ("GET", "HEAD", "POST"):
            answer = httpx.request(method, f"{url}/wallets/open-wallet", timeout=PATIENCE)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        stopped(process)
    assert process.returncode == 0


def test_everything_missing_is_said(env: dict[str, str]) -> None:
    del env["ISSUER"], env["AUDIENCE"]
    said = refused(env, f"{LONELY}@127.0.0.1:0")
    assert said.splitlines() == ["ISSUER is not set", "AUDIENCE is not set"]


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("fronts:lonely", "'fronts:lonely' is not of the form module:attribute@host:port\n"),
        ("fronts:lonely@h:99999", "'fronts:lonely@h:99999': 99999 is not a port number\n"),
        (
            "nowhere:unit@127.0.0.1:0",
            "nowhere:unit: cannot be imported: ModuleNotFoundError: No module named 'nowhere'\n",
        ),
        ("fronts:missing@127.0.0.1:0", "fronts:missing: fronts has no missing\n"),
        ("fronts:nothing@127.0.0.1:0", "fronts:nothing: not a unit: object\n"),
        (
            "fronts:bff@127.0.0.1:0",
            "web calls cart, catalog, order, which PEERS does not have\n",
        ),
    ],
)
def test_what_cannot_start_is_said_in_a_line(env: dict[str, str], unit: str, said: str) -> None:
    assert refused(env, unit) == said


def test_a_module_that_breaks_says_where(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "breaking.py").write_text("x = 1\nraise ValueError('two\\nlines')\n")
    env["PYTHONPATH"] += os.pathsep + str(tmp_path)
    said = refused(env, "breaking:unit@127.0.0.1:0")
    assert said.startswith("breaking:unit: cannot be imported: ValueError: two lines (")
    assert said.endswith("breaking.py:2)\n")


def test_a_port_in_use_is_said(env: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(env, f"{LONELY}@127.0.0.1:{port}")
    assert said == f"127.0.0.1:{port}: cannot listen: Address already in use\n"


def test_without_keys_it_does_not_start(env: dict[str, str]) -> None:
    Path(env["JWKS_FILE"]).write_text("{}")
    assert refused(env, f"{LONELY}@127.0.0.1:0").endswith("not a JSON Web Key Set\n")
