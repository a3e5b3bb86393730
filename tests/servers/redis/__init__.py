"""Redis, from the Debian packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.servers.debian import unpacked
from tests.servers.server import INSTALLED, Server, free_ports

_PACKAGES = ("redis-tools", "redis-server", "libjemalloc2", "liblzf1", "libatomic1")
_SETTINGS = {
    "bind": "127.0.0.1",
    "appendonly": "yes",
    "appendfsync": "always",
    "save": "",
    "maxmemory-policy": "noeviction",
}


class RedisServer(Server):
    """A server of its own, which syncs each write before it answers."""

    name = "redis"

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder)
        (self.port,) = free_ports(1)
        self._settings = {**_SETTINGS, "port": str(self.port), "dir": str(self.data)}
        self._settings |= {name.replace("_", "-"): value for name, value in settings.items()}
        self.url = f"redis://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        self._programs = programs()

    def command(self) -> Sequence[str]:
        settings = [part for name, value in self._settings.items() for part in (f"--{name}", value)]
        return [str(self._programs / "redis-server"), *settings]

    def environment(self) -> dict[str, str]:
        return library_path(self._programs)

    def answers(self) -> bool:
        with redis.Redis(port=self.port, retry=Retry(NoBackoff(), 0)) as client:
            try:
                return bool(client.ping())
            except (redis.ConnectionError, redis.TimeoutError):
                return False

    def cli(self, *words: str) -> str:
        """Run a command with `redis-cli`, and return what it prints."""
        command = [str(self._programs / "redis-cli"), "-p", str(self.port), *words]
        environment = os.environ | self.environment()
        done = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
        return done.stdout


def programs() -> Path:
    """Return the folder with the programs; unpack the packages if they are not installed."""
    if found := shutil.which("redis-server"):
        return Path(found).parent
    return unpacked("redis", *_PACKAGES) / "usr" / "bin"


def library_path(programs: Path) -> dict[str, str]:
    """Return the environment in which unpacked programs find their libraries."""
    folders = sorted({str(each.parent) for each in programs.parent.rglob("*.so.*")})
    return {"LD_LIBRARY_PATH": ":".join(folders)} if INSTALLED in programs.parents else {}
