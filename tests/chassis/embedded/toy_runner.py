"""Stands in for `chassis.run`: units that start at once and misbehave by their name.

`module:kind@host:port`, where `kind` is good, degraded, slow (ready after a while), never (ready),
broken (says that it cannot start), dies (while starting), dies_once,
dies_until_repaired, or stubborn (does not mind SIGTERM).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

BEGAN = time.monotonic()
ROWS = {
    "items": [
        {"order_id": "1", "total": "39.80", "status": "shipped", "paid": True, "lines": 2},
        {"order_id": "2", "total": 12.5, "status": "placed", "paid": False, "lines": 1},
    ],
    "next": None,
}
asked: dict[str, int] = {}


def ready(kind: str) -> bool:
    return kind not in ("never", "broken") and (kind != "slow" or time.monotonic() - BEGAN > 1)


def serve(kind: str, host: str, port: int) -> None:
    class Unit(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/readyz":
                hub = {"status": "failed", "reason": "not connected"}
                checks = {"store": {"status": "ok"}} | ({} if ready(kind) else {"hub": hub})
                if kind == "degraded":
                    checks["hub"] = {"status": "degraded", "reason": "away"}
                if kind == "broken":
                    checks["unit"] = {"status": "failed", "reason": "cannot start: no such table"}
                self.answer(200 if ready(kind) else 503, {"checks": checks})
            elif path == "/env":
                self.answer(200, dict(os.environ))
            elif path == "/rows":
                asked[self.path] = asked.get(self.path, 0) + 1
                late = "late" in self.path and asked[self.path] < 4
                self.answer(200, {"items": [], "next": None} if late else ROWS)
            else:
                self.answer(404, {"type": "urn:problem:not_found", "status": 404})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
            print(json.dumps({"service": kind, "event": "request", "path": self.path}), flush=True)
            if "late" in self.path and asked.setdefault(self.path, 0) < 3:
                asked[self.path] += 1
                self.answer(409, {"type": "urn:problem:product_not_found", "status": 409})
            elif "refuse" in self.path:
                self.answer(409, {"type": "urn:problem:order_is_open", "status": 409})
            else:
                self.answer(201, {"echo": body, "query": self.path})

        def answer(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            problem = status >= 400 and self.path != "/readyz"
            self.send_response(status)
            kind = "application/problem+json" if problem else "application/json"
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None: ...

    threading.Thread(target=ThreadingHTTPServer((host, port), Unit).serve_forever).start()


def main() -> None:
    print(json.dumps({"service": None, "event": "starting"}), flush=True)
    for argument in sys.argv[1:]:
        entry, _, address = argument.partition("@")
        host, _, port = address.partition(":")
        kind = entry.partition(":")[2]
        if kind == "dies_once" and not Path("died").exists():
            Path("died").touch()
            os._exit(3)
        if kind == "dies" or (kind == "dies_until_repaired" and not Path("repaired").exists()):
            print("RuntimeError: the unit could not be built", flush=True)
            os._exit(3)
        if kind == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        else:
            signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        serve(kind, host, int(port))


if __name__ == "__main__":
    main()
