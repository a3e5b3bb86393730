"""Servers that are started as `make up ENGINES=real` starts them in a generated project."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from chassis.embedded.servers import access, catalog
from chassis.embedded.servers.access import Access

from tests.servers.server import Server, free_ports


class LocalServer(Server):
    """A server of its own; the subclass says where its programs come from.

    Attributes:
        port: The port for clients.
        home: The folder of its configuration and its data.
        settings: Its settings, besides those that it has in a project.
    """

    password = "secret"

    def __init__(
        self, folder: Path, settings: Mapping[str, str] | None = None, home: Path | None = None
    ) -> None:
        super().__init__(folder)
        self.home = home or folder
        self.data = self.home / "data"
        self.settings = dict(settings or {})
        self._kind = catalog.known(self.name)
        self._ports = tuple(free_ports(self._kind.port_count))
        self.port = self._ports[0]
        self.url = self._kind(self._access).url

    def prepare(self) -> None:
        self.install()
        access.write(self.home, self._access)

    def install(self) -> None:
        """Install the programs, if that has not been done; `environment` says where they are."""

    def command(self) -> Sequence[str]:
        run = ("-m", "chassis.embedded.servers", "run", self.name, str(self.home))
        return (sys.executable, *run)

    def answers(self) -> bool:
        return self._kind(self._access).problem() is None

    @property
    def _access(self) -> Access:
        return Access(ports=self._ports, password=self.password, settings=self.settings)
