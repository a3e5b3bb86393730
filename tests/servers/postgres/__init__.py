"""PostgreSQL, as the Debian package installs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psycopg

from tests.servers.debian import install
from tests.servers.server import Server, free_ports

_PROGRAMS = Path("/usr/lib/postgresql")
_USER = "postgres"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "40",
    "shared_buffers": "64MB",
    "deadlock_timeout": "100ms",
}


class PostgresServer(Server):
    """A server of its own, whose superuser `postgres` needs no password.

    It refuses to run as root: then it runs as the user `postgres`, which reaches nothing but its
    own folder.
    """

    name = "postgres"

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder)
        self._settings = {**_SETTINGS, **settings}
        (self.port,) = free_ports(1)
        self.url = f"postgresql://{_USER}@127.0.0.1:{self.port}/postgres"
        self.data = Path(tempfile.mkdtemp(prefix="postgres-")) / "data"

    def prepare(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        self.data.mkdir(mode=0o700, exist_ok=True)
        for folder in (self.data.parent, self.data):
            if os.geteuid() == 0:
                shutil.chown(folder, _USER, _USER)
        options = ["-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        command = [*_as_user(), _program("initdb"), "-D", str(self.data), *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.data.parent)

    def command(self) -> Sequence[str]:
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        options = ["-D", str(self.data), "-p", str(self.port), *settings]
        return [*_as_user(), _program("postgres"), *options]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def remove(self) -> None:
        """End the server and remove its data."""
        self.kill()
        shutil.rmtree(self.data.parent)


def _as_user() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"]


def _program(name: str) -> str:
    if not (_PROGRAMS.exists() or shutil.which(name)):
        install("postgresql")
    versions = sorted(_PROGRAMS.glob("*/bin"), key=lambda path: float(path.parent.name))
    found = versions[-1] / name if versions else shutil.which(name)
    assert found, f"{name} was not found"
    return str(found)
