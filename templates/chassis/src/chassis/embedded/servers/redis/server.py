"""Redis: each write is in its file before it is answered."""

from __future__ import annotations

from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chassis.embedded.ports import LOOPBACK
from chassis.embedded.servers.server import Server, printed_version, program

_CONFIG = Path("redis.conf")
_DATA = Path("data")
_SETTINGS = {
    "bind": LOOPBACK,
    "dir": str(_DATA),
    "appendonly": "yes",
    "appendfsync": "always",
    "save": '""',
    "maxmemory-policy": "noeviction",
}


class LocalServer(Server):
    """A server whose clients need the password."""

    product = "Redis"
    advice = "`apt-get install redis-server` or `brew install redis`"

    @classmethod
    def find(cls) -> Path | None:
        """Return the path of redis-server."""
        return program("redis-server")

    @classmethod
    def version(cls, installed: Path) -> str:
        """Ask the program."""
        return printed_version(installed, "--version")

    @property
    def url(self) -> str:
        """The URL, with the password."""
        return f"redis://:{self.access.password}@{LOOPBACK}:{self.port}"

    def prepare(self, installed: Path) -> None:
        """Write redis.conf."""
        _DATA.mkdir(exist_ok=True)
        own = {"port": str(self.port), "requirepass": self.access.password}
        settings = {**_SETTINGS, **own, **self.access.settings}
        _CONFIG.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))

    def command(self, installed: Path) -> list[str]:
        """Run redis-server."""
        return [str(installed), str(_CONFIG)]

    def problem(self) -> str | None:
        """Ping: a server that still loads its file answers with an error."""
        with redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0), socket_timeout=3) as it:
            try:
                it.ping()
            except redis.RedisError as error:
                return str(error)
        return None
