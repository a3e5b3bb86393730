"""PostgreSQL, as the Debian package installs it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from chassis.embedded.servers import catalog

from tests.servers.debian import install
from tests.servers.local import LocalServer

_SETTINGS = {"max_connections": "40", "shared_buffers": "64MB", "deadlock_timeout": "100ms"}


class PostgresServer(LocalServer):
    """A server of its own.

    It refuses to run as root: then it runs as the user `postgres`, who cannot reach the folders of
    tests.
    """

    name = "postgresql"

    def __init__(self, folder: Path, **settings: str) -> None:
        home = Path(tempfile.mkdtemp(prefix="postgres-"))
        super().__init__(folder, {**_SETTINGS, **settings}, home)

    def install(self) -> None:
        if catalog.known(self.name).find() is None:
            install("postgresql")

    def remove(self) -> None:
        """End the server and remove its data."""
        self.kill()
        shutil.rmtree(self.home)
