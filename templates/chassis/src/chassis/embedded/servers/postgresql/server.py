"""PostgreSQL."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import psycopg

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.ports import LOOPBACK
from chassis.embedded.servers.server import Server, printed_version, program

_DATA = Path("data")
_USER = "postgres"
_CTYPE = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "300",  # each process has up to five for each of its units
}


class LocalServer(Server):
    """A server whose superuser `postgres` needs the password."""

    product = "PostgreSQL"
    advice = "`apt-get install postgresql` or `brew install postgresql@17`"
    user = _USER
    stop_signal = "SIGINT"  # at SIGTERM it would wait for the end of all connections

    @classmethod
    def find(cls) -> Path | None:
        """Return the path of postgres: the newest one of Debian, else on the PATH."""
        debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
        found = program("postgres", *sorted(debian, key=lambda path: float(path.parent.name)))
        return found and found.resolve()

    @classmethod
    def version(cls, installed: Path) -> str:
        """Ask the program."""
        return printed_version(installed, "--version")

    @property
    def url(self) -> str:
        """The URL, with the password."""
        return f"postgresql://{_USER}:{self.access.password}@{LOOPBACK}:{self.port}/postgres"

    def prepare(self, installed: Path) -> None:
        """Run initdb, whose result appears at once."""
        if _DATA.exists():
            return
        new, password = Path("data.new"), Path("password")
        password.write_text(self.access.password)
        options = ["-U", _USER, "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8"]
        options += ["--locale=C", f"--lc-ctype={_CTYPE}", "-D", str(new)]
        initdb = [str(installed.with_name("initdb")), *options]
        shutil.rmtree(new, ignore_errors=True)
        if subprocess.run(initdb, check=False).returncode:
            raise EmbeddedError("initdb has failed")
        password.unlink()
        new.rename(_DATA)

    def command(self, installed: Path) -> list[str]:
        """Run postgres."""
        settings = {**_SETTINGS, **self.access.settings}
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(installed), "-D", str(_DATA), "-p", str(self.port), *options]

    def problem(self) -> str | None:
        """Connect: a server that still recovers refuses that."""
        try:
            psycopg.connect(self.url, connect_timeout=3).close()
        except psycopg.OperationalError as error:
            return str(error).strip()
        return None
