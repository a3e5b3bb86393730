"""Apache Kafka, installed by Maven."""

from __future__ import annotations

from pathlib import Path

from tests.servers.local import LocalServer
from tests.servers.maven import FAST_START, install


class KafkaServer(LocalServer):
    """A node of its own."""

    name = "kafka"

    def environment(self) -> dict[str, str]:
        return {"KAFKA_HOME": str(home()), **FAST_START}


def home() -> Path:
    """Return the folder of Kafka; it is installed if that has not been done."""
    return install(Path(__file__).with_name("pom.xml"), "libs")
