"""Redis, from the Debian packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.servers.debian import unpacked
from tests.servers.local import LocalServer

_PACKAGES = ("redis-tools", "redis-server", "libjemalloc2", "liblzf1", "libatomic1")


class RedisServer(LocalServer):
    """A server of its own, which syncs each write before it answers."""

    name = "redis"

    def __init__(self, folder: Path, **settings: str) -> None:
        named = {name.replace("_", "-"): value for name, value in settings.items()}
        super().__init__(folder, named)

    def environment(self) -> dict[str, str]:
        return programs()

    def cli(self, *words: str) -> str:
        """Run a command with `redis-cli`, and return what it prints."""
        environment = os.environ | programs() | {"REDISCLI_AUTH": self.password}
        command = ["redis-cli", "-p", str(self.port), *words]
        done = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
        return done.stdout


def programs() -> dict[str, str]:
    """Return the environment with the programs; unpack the packages if they are not installed."""
    if shutil.which("redis-server"):
        return {}
    folder = unpacked("redis", *_PACKAGES) / "usr"
    libraries = sorted({str(each.parent) for each in folder.rglob("*.so.*")})
    return {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": ":".join(libraries),
    }
