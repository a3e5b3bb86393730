"""A backend for the gateway's tests: says what it was asked, and misbehaves when asked to."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.servers.authority import Issued


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Backend:
    """What a path asks for is what the backend does.

    `/slow?seconds=1` answers late, `/status?code=503` answers that, with `&starting=1` also why,
    `/drop?drop=1` answers not at all, `/live?events=9` sends so many events, one every 50 ms,
    anything else answers `code` with what it was asked.
    """

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    code: int = 200
    active: int = 0
    most_active: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, path: str) -> None:
        with self.lock:
            # The gateway's health checks are not limited by the circuit breaker.
            self.active += 0 if path == "/readyz" else 1
            self.most_active = max(self.most_active, self.active)

    def end(self, path: str) -> None:
        with self.lock:
            self.active -= 0 if path == "/readyz" else 1

    def asked(self, path: str) -> list[Seen]:
        return [each for each in self.seen if each.path == path]


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a slow answer is not waited for
    request_queue_size = 1024


@contextmanager
def backend(issued: Issued | None = None) -> Iterator[Backend]:
    """A backend; with a certificate it serves TLS and requires one of the same authority."""
    it = Backend()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            path = self.requestline.split()[1]  # `self.path` has no double slashes
            self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            it.seen.append(Seen(self.command, path, headers))
            url = urlsplit(path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            it.begin(path)
            if "events" in query:
                self.stream(int(query["events"]))
                it.end(path)
                return
            time.sleep(float(query.get("seconds", 0)))
            it.end(path)
            if "drop" in query:
                self.close_connection = True
                return
            body = json.dumps({"path": path, "headers": headers}).encode()
            self.send_response(int(query.get("code", it.code)))
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.send_header("x-envoy-secret", "internal")
            if "starting" in query:
                self.send_header("x-envoy-immediate-health-check-fail", "true")
            self.end_headers()
            with suppress(BrokenPipeError):  # the gateway did not want to wait
                self.wfile.write(b"" if self.command == "HEAD" else body)

        def stream(self, events: int) -> None:
            self.close_connection = True
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # the client has left
                for number in range(events):
                    self.wfile.write(f"data: {number}\n\n".encode())
                    time.sleep(0.05)

        do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = answer  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = _Server(("127.0.0.1", 0), Handler)
    if issued is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=issued.ca)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(issued.certificate, issued.key)
        # A handshake is the handler's, so that a bad one keeps nobody waiting.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    it.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield it
    finally:
        server.shutdown()
        server.server_close()
