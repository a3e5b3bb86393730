"""A backend for the gateway's tests: says what it was asked, and misbehaves when asked to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Backend:
    """`/slow?seconds=1` answers late, `/status?code=503` answers that, `/drop?drop=1` not at all,
    anything else answers 200 with what it was asked."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)

    def asked(self, path: str) -> list[Seen]:
        return [each for each in self.seen if each.path == path]


@contextmanager
def backend() -> Iterator[Backend]:
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
            time.sleep(float(query.get("seconds", 0)))
            if "drop" in query:
                self.close_connection = True
                return
            body = json.dumps({"path": path, "headers": headers}).encode()
            self.send_response(int(query.get("code", 200)))
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.send_header("x-envoy-secret", "internal")
            self.end_headers()
            with suppress(BrokenPipeError):  # the gateway did not want to wait
                self.wfile.write(b"" if self.command == "HEAD" else body)

        do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = answer  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True  # a slow answer is not waited for
    it.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield it
    finally:
        server.shutdown()
        server.server_close()
