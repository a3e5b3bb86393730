"""The market with its operator: `python -m chassis.ops` in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.chassis.core import market
from tests.chassis.core.running import Running

HERE = Path(__file__).parent
UNITS = ("product", "order", "stock", "payment", "prices", "order_history")
TOPOLOGY = """\
system = "market"
[gateway]
port = 0
config = "envoy.yaml"
[auth]
issuer = "https://issuer.example"
audience = "market"
roles = []
[units]
"""


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    error: str


class Operator:
    """Runs the operator's commands on the stores of a test."""

    def __init__(self, folder: Path, system: str, url: str) -> None:
        self.root = folder
        units = "".join(f'{name} = "units:{name}"\n' for name in UNITS)
        (folder / "topology.toml").write_text(TOPOLOGY + units)
        path = os.pathsep.join(map(str, (HERE, HERE.parent / "core")))
        self.env = {
            **os.environ,
            "PYTHONPATH": path,
            "MARKET": system,
            "DATA_DIR": str(folder),
            "HUB_URL": url,
        }

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start a command; nobody sits at its terminal."""
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chassis.ops", "--root", str(self.root), *arguments),
            env=self.env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
        )

    async def run(self, *arguments: str) -> Done:
        process = await self.start(*arguments)
        out, error = await process.communicate()
        assert process.returncode is not None
        assert b"Traceback" not in error, error.decode()
        return Done(process.returncode, out.decode(), error.decode())

    async def __call__(self, *arguments: str, code: int = 0) -> Any:
        """Return the JSON that a command prints."""
        done = await self.run(*arguments, "--json")
        assert done.code == code, done
        return json.loads(done.out) if done.out else None

    async def refused(self, *arguments: str, code: int = 1) -> str:
        """Return the error of a command."""
        done = await self.run(*arguments)
        assert done.code == code, done
        assert done.error.startswith("error: ")
        assert done.error.count("\n") == 1
        return done.error


@pytest.fixture
async def running(nats_server: Any, tmp_path: Path) -> AsyncIterator[Running]:
    messages = market.catalog(f"t{uuid4().hex[:10]}")
    async with Running(nats_server.url, messages, tmp_path) as running:
        yield running


@pytest.fixture
def ops(nats_server: Any, running: Running, tmp_path: Path) -> Operator:
    return Operator(tmp_path, running.messages.system, nats_server.url)
