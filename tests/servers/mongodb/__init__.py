"""SecantusDB, which speaks the protocol of MongoDB: a Python package with its server.

It is not MongoDB, of which no registry has a server. What holds here need not hold there.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.servers.server import INSTALLED, Server, free_ports, settle

_REQUIREMENTS = Path(__file__).parent / "requirements.txt"


class MongoServer(Server):
    """A server of its own, which is a replica set: or it would have no transactions."""

    name = "mongodb"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (self.port,) = free_ports(1)
        self.url = f"mongodb://127.0.0.1:{self.port}/?directConnection=true"

    def prepare(self) -> None:
        self.data.mkdir(exist_ok=True)
        (self.folder / "empty.toml").touch()  # or it reads a file of the user's

    def command(self) -> Sequence[str]:
        return [
            *(sys.executable, str(_installed() / "bin" / "secantusd-py")),
            *("--config", str(self.folder / "empty.toml")),
            *("--host", "127.0.0.1", "--port", str(self.port)),
            *("--storage-path", str(self.data), "--sync-on-commit"),
            *("--cache-size", "64M", "--log-level", "WARNING"),
        ]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(_installed())}

    def answers(self) -> bool:
        try:
            with MongoClient[dict[str, Any]](self.url, serverSelectionTimeoutMS=500) as client:
                client.admin.command("ping")
        except PyMongoError:
            return False
        return True


def _installed() -> Path:
    """Return the folder with the packages of the server; install them if they are new."""
    digest = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()[:12]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = INSTALLED / f"mongodb-python{python}-{digest}"
    if not packages.exists():
        INSTALLED.mkdir(parents=True, exist_ok=True)
        partial = packages.with_name(f"{packages.name}.{os.getpid()}")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        options = ["--only-binary=:all:", "--require-hashes", "--target", str(partial)]
        subprocess.run([*pip, *options, "-r", str(_REQUIREMENTS)], check=True)
        settle(partial, packages)
    return packages
