"""A load test on a small server: what it sends, how it measures, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import pytest
from chassis.embedded.keys import ensure_keys
from chassis.embedded.paths import ProjectPaths

from tests.waiting import wait_until

TOPOLOGY = """
system = "notes"
[gateway]
port = 8080
config = "gateway/envoy.yaml"
[auth]
issuer = "https://id.example"
audience = "notes"
roles = ["author"]
[units]
notes = "notes.service:service"
"""
LOCUSTFILE = """
from collections.abc import Iterator
from pathlib import Path

from chassis.testing.load.arrivals import Arrivals
from chassis.testing.load.objectives import Objectives
from chassis.testing.load.processor import Idle
from chassis.testing.load.run import load_test

load_test(
    Path(__file__).parent,
    {"/": Objectives(availability=99.0, p95=500)},
    idle=Idle(process=10.0, unit=10.0, gateway=5.0, hub=1.0),
)


class ANote(Arrivals):
    rate = 80.0

    def arrive(self) -> Iterator[None]:
        author = self.caller("author")
        note = author.post("/notes/notes/begin-note", text="a")["note_id"]
        yield
        author.post(f"/notes/notes/{note}/end-note")


class Notes(Arrivals):
    rate = 20.0

    def arrive(self) -> Iterator[None]:
        reader = self.reader()
        yield
        reader.eventually("/notes/notes-of-author", {"author_id": reader.id})
"""
STALL = 1.5


class Server(ThreadingHTTPServer):
    """Answers everything; `status` and `stalls` are by the last segment of the path."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: Counter[str] = Counter()
        self.subjects: set[str] = set()
        self.status: dict[str, int] = {}
        self.stalls = ""
        self.stalled_until = 0.0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        name = self.path.partition("?")[0].rpartition("/")[2]
        with self.server.lock:
            self.server.seen[name] += 1
            self.server.subjects.add(self.headers["authorization"])
            if name == self.server.stalls and not self.server.stalled_until:
                self.server.stalled_until = time.monotonic() + STALL
        if name == self.server.stalls:
            time.sleep(max(0.0, self.server.stalled_until - time.monotonic()))
        content = {
            "note_id": "7f6e0c4e-5a35-4d4c-9c5e-0e7a2b1f6a11",
            "type": "urn:problem:busy",
            "instance": str(uuid4()),
        }
        body = json.dumps(content).encode()
        self.send_response(self.server.status.get(name, 200))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "topology.toml").write_text(TOPOLOGY)
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    ensure_keys(ProjectPaths(tmp_path))
    return tmp_path


def start(root: Path, url: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "locust", "--headless", "--only-summary", *options]
    return subprocess.Popen(
        [*command, "--loglevel", "WARNING", "--locustfile", "locustfile.py"],
        cwd=root,
        env={**os.environ, "GATEWAY_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(root: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    with start(root, url, *options) as started:
        printed, _ = started.communicate(timeout=120)
    return subprocess.CompletedProcess(started.args, started.returncode, printed)


def test_all_arrivals_come_once_they_are_prepared(root: Path, server: Server) -> None:
    done = run(root, server.url, "--seconds", "2", "--rate", "0.5")
    assert done.returncode == 0, done.stdout
    assert "all objectives are met" in done.stdout
    assert server.seen == {"begin-note": 80, "end-note": 80, "notes-of-author": 20}
    assert "/notes/notes/{id}/end-note" in done.stdout
    assert "begin-note" not in done.stdout, "what prepares is not measured"
    assert len(server.subjects) == 80 + 20, "each author is another caller"


def test_statistics_can_be_written_to_a_file(root: Path, server: Server) -> None:
    """Locust resets them then, before it ends."""
    done = run(root, server.url, "--seconds", "1", "--rate", "0.5", "--json-file", "stats")
    assert done.returncode == 0, done.stdout
    assert "all objectives are met" in done.stdout
    assert "Traceback" not in done.stdout
    counted = {
        each["name"]: each["num_requests"] for each in json.loads((root / "stats.json").read_text())
    }
    assert counted == {"/notes/notes/{id}/end-note": 40, "/notes/notes-of-author": 10}


def test_a_stall_delays_all_that_arrive_meanwhile(root: Path, server: Server) -> None:
    """A closed model would have sent one request, and counted one that is slow."""
    server.stalls = "end-note"
    done = run(root, server.url, "--seconds", "3", "--rate", "1")
    assert done.returncode == 1, done.stdout
    assert "POST /notes/notes/{id}/end-note: p95 is" in done.stdout
    assert "notes-of-author: p95" not in done.stdout, "other arrivals are not held up"
    assert server.seen["end-note"] == 240


def test_errors_miss_the_availability(root: Path, server: Server) -> None:
    server.status["notes-of-author"] = 503
    done = run(root, server.url, "--seconds", "1", "--rate", "0.5")
    assert done.returncode == 1, done.stdout
    assert "GET /notes/notes-of-author: 100 % failed, 1 % may fail" in done.stdout
    (unfinished,) = (line for line in done.stdout.splitlines() if "not finished" in line)
    assert unfinished == (
        "Notes: 10 not finished: GET /notes/notes-of-author: got 503 urn:problem:busy"
    )
    assert server.seen["notes-of-author"] == 10, "what is overloaded is not asked again"


def test_a_refused_command_is_an_error_too(root: Path, server: Server) -> None:
    server.status["end-note"] = 403
    done = run(root, server.url, "--seconds", "1", "--rate", "0.5")
    assert done.returncode == 1, done.stdout
    assert "100 % failed" in done.stdout


def test_there_is_no_result_if_nothing_can_be_prepared(root: Path, server: Server) -> None:
    server.status["begin-note"] = 500
    done = run(root, server.url, "--seconds", "1")
    assert done.returncode == 2, done.stdout
    assert "ANote cannot be prepared: POST /notes/notes/begin-note: got 500" in done.stdout
    assert "end-note" not in server.seen


def test_an_interrupted_test_has_no_result(root: Path, server: Server) -> None:
    with start(root, server.url, "--seconds", "60", "--rate", "0.1") as started:
        wait_until(lambda: server.seen["end-note"])
        started.send_signal(signal.SIGINT)
        printed, _ = started.communicate(timeout=120)
    assert started.returncode == 2, printed
    assert "the test was interrupted" in printed
    assert "all objectives are met" not in printed


def test_the_system_must_be_running(root: Path) -> None:
    done = run(root, "")
    assert done.returncode != 0
    assert "error: the system is not running: run `make up`" in done.stdout
    assert "Traceback" not in done.stdout
