"""A small front end of the shop, served at an origin of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.servers import npm

_SOURCES = Path(__file__).parent


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


class _Server(ThreadingHTTPServer):
    daemon_threads = True


@contextmanager
def served(folder: Path, port: int, *, issuer: str, gateway: str) -> Iterator[str]:
    """Serve the page, which logs in at `issuer` and calls `gateway`; give its origin."""
    folder.mkdir()
    for source in npm.installed(
        "storefront", *(_SOURCES / name for name in ("index.html", "main.js", "package.json"))
    ).iterdir():
        (folder / source.name).symlink_to(source)
    (folder / "settings.json").write_text(json.dumps({"issuer": issuer, "gateway": gateway}))
    server = _Server(("127.0.0.1", port), partial(_Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
