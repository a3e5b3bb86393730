"""The HTTP edge of a command, in units of a bare FastAPI handler that validates the same model.

`python -m bench.edge` prints the processor time of a request in process, without sockets: neither
side has a store, a hub or a decision. `make bench` measures whole commands.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from chassis import logs
from chassis.health import Checks
from chassis.http.app import service_app
from chassis.results import Outcome
from chassis.runtime import ServiceRuntime
from chassis.telemetry import Telemetry
from fastapi import FastAPI
from starlette.types import ASGIApp, Message

from tests.chassis.edge import tokens, wallets

REQUESTS, RUNS = 1000, 5
ID = uuid4()
PATH = f"/wallets/{ID}/pay-in"


class Runtime:
    """Handles no command."""

    sources = None

    async def handle(self, command: wallets.PayIn, **_: Any) -> Outcome:
        return Outcome(id=command.wallet_id, version=3, events=("PaidIn",), created=False)

    async def read(self, *_: Any) -> None:
        return None

    async def search(self, *_: Any) -> None:
        return None


def bare() -> FastAPI:
    """The handler that a project would have without a chassis."""
    app = FastAPI()

    @app.post("/wallets/{wallet_id}/pay-in")
    async def pay_in(wallet_id: str, body: wallets.PayIn) -> Mapping[str, object]:
        return {"wallet_id": str(body.wallet_id), "version": 3, "events": ["PaidIn"]}

    return app


def ours(folder: Path) -> ASGIApp:
    """The application of the wallet service."""
    jwks = tokens.write_jwks(folder / "jwks.json", "one")
    verifier = tokens.verifier(jwks)
    return service_app(
        wallets.service, cast("ServiceRuntime", Runtime()), verifier, _ready, Telemetry.of("wallet")
    )


async def _ready() -> Checks:
    return {}


async def request(app: ASGIApp, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Send one request, which must succeed."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("unit", 80),
        "headers": [(b"host", b"unit"), (b"content-type", b"application/json"), *headers],
    }
    statuses = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        statuses.append(message.get("status"))

    await app(scope, receive, send)
    assert statuses[0] == 200


def cost(app: ASGIApp, headers: Mapping[str, str], body: object) -> float:
    """The least microseconds of processor time of a request."""
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    content = json.dumps(body).encode()

    async def measure() -> float:
        seconds = []
        for _ in range(RUNS + 1):
            began = time.process_time()
            for _ in range(REQUESTS):
                await request(app, pairs, content)
            seconds.append(time.process_time() - began)
        return min(seconds[1:]) / REQUESTS * 1e6

    return asyncio.run(measure())


def main() -> None:
    """Measure and print."""
    headers = {
        "authorization": f"Bearer {tokens.token(exp=int(time.time()) + 3600)}",
        "x-correlation-id": str(uuid4()),
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
    }
    unit = cost(bare(), {}, {"wallet_id": str(ID), "amount": "5.00"})
    print(f"bare FastAPI handler       {unit:4.0f} us")
    with tempfile.TemporaryDirectory() as folder, Path("/dev/null").open("w") as nowhere:
        for level in ("INFO", "WARNING"):
            logs.configure(level, nowhere)
            spent = cost(ours(Path(folder)), headers, {"amount": "5.00"})
            print(f"a service, level {level:<8}  {spent:4.0f} us  {spent / unit:.2f}")


if __name__ == "__main__":
    main()
