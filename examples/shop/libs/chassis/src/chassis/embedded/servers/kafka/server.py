"""Apache Kafka in KRaft mode: one node, which is broker and controller."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from string import Template
from uuid import uuid4

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.ports import LOOPBACK, problem_at
from chassis.embedded.servers.java import jar_version, java, library
from chassis.embedded.servers.server import Server

_HERE = Path(__file__).parent
_JAR = "kafka_*.jar"
_CONFIG = Path("server.properties")
_DATA = Path("data")
_LOG = Path("log4j2.yaml")


class LocalServer(Server):
    """A node that all users of this machine can reach: it has no password."""

    product = "Apache Kafka"
    advice = (
        "unpack it (kafka.apache.org/downloads) and set KAFKA_HOME, or `brew install kafka`;"
        " it needs Java 17"
    )
    port_count = 2

    @classmethod
    def find(cls) -> Path | None:
        """Return the folder with its libraries."""
        script = library(_JAR, "KAFKA_HOME", "kafka-server-start.sh", "libs")
        return script or library(_JAR, "KAFKA_HOME", "kafka-server-start", "libexec/libs")

    @classmethod
    def version(cls, installed: Path) -> str:
        """Look at its library."""
        return jar_version(installed, _JAR)

    @property
    def url(self) -> str:
        """The URL."""
        return f"kafka://{LOOPBACK}:{self.port}"

    def prepare(self, installed: Path) -> None:
        """Write the configuration, and format the data folder."""
        port, controller_port = self.access.ports
        text = (_HERE / _CONFIG.name).read_text("utf-8")
        settings = "".join(f"{name}={value}\n" for name, value in self.access.settings.items())
        text = Template(text).substitute(port=port, controller_port=controller_port)
        _CONFIG.write_text(text + settings)
        _LOG.write_bytes((_HERE / _LOG.name).read_bytes())
        if not (_DATA / "meta.properties").exists():
            cluster = base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
            tool = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(_CONFIG)]
            if subprocess.run([*_java(installed), *tool], check=False).returncode:
                raise EmbeddedError("Kafka cannot format its data folder")

    def command(self, installed: Path) -> list[str]:
        """Run the class that kafka-server-start.sh runs."""
        return [*_java(installed), "kafka.Kafka", str(_CONFIG)]

    def problem(self) -> str | None:
        """Connect: the node listens when it has started."""
        return problem_at(self.port)


def _java(libraries: Path) -> list[str]:
    log = f"-Dlog4j2.configurationFile={_LOG}"
    return java([f"{libraries}/*"], "-Xms384m", "-Xmx384m", log)
