"""Apache Kafka in KRaft mode: one node, which is broker and controller."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from tests.servers.maven import install, java
from tests.servers.server import Server, free_ports, listens

_HERE = Path(__file__).parent


class KafkaServer(Server):
    """A node of its own."""

    name = "kafka"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._port, self._controller_port = free_ports(2)
        self._properties = folder / "server.properties"
        self.url = f"kafka://127.0.0.1:{self._port}"

    def prepare(self) -> None:
        template = (_HERE / "server.properties").read_text()
        self._properties.write_text(
            template.format(port=self._port, controller_port=self._controller_port, data=self.data)
        )
        if not (self.data / "meta.properties").exists():
            cluster = base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
            subprocess.run(
                self._java("kafka.tools.StorageTool", "format", "-t", cluster, "-c"),
                check=True,
                stdout=subprocess.DEVNULL,
            )

    def command(self) -> Sequence[str]:
        return self._java("kafka.Kafka")

    def answers(self) -> bool:
        return listens(self._port)

    def _java(self, *arguments: str) -> list[str]:
        log = f"-Dlog4j2.configurationFile={_HERE / 'log4j2.yaml'}"
        jars = install(_HERE / "pom.xml")
        return [*java(jars, "-Xmx384m", "-Xms384m", log), *arguments, str(self._properties)]
