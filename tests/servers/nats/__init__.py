"""NATS with JetStream: the server that a wheel brings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chassis.embedded.executables import NATS_SERVER, find

from tests.servers.server import Server, free_ports, listens


class NatsServer(Server):
    """A server of its own.

    Args:
        folder: Where it keeps its files.
        sync: The sync interval; "always" is slow where the disk is.
    """

    name = "nats"

    def __init__(self, folder: Path, *, sync: str = "always") -> None:
        super().__init__(folder)
        self._sync = sync
        (self._port,) = free_ports(1)
        self._config = folder / "nats.conf"
        self.url = f"nats://127.0.0.1:{self._port}"

    def prepare(self) -> None:
        self._config.write_text(
            f'listen: "127.0.0.1:{self._port}"\n'
            f'jetstream {{ store_dir: "{self.data}", sync_interval: {self._sync} }}\n'
        )

    def command(self) -> Sequence[str]:
        return find(NATS_SERVER), "-c", str(self._config)

    def answers(self) -> bool:
        return listens(self._port)
