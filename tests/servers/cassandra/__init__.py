"""Apache Cassandra: one node, which syncs its commit log before it answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.servers.maven import install, java
from tests.servers.server import Server, free_ports, listens

_HERE = Path(__file__).parent
_PROPERTIES = {
    "jdk.attach.allowAttachSelf": "true",
    "io.netty.tryReflectionSetAccessible": "true",
    "cassandra.skip_wait_for_gossip_to_settle": "0",  # alone, it has nobody to wait for
    "cassandra.ring_delay_ms": "0",
    "cassandra.superuser_setup_delay_ms": "0",
}


class CassandraServer(Server):
    """A node of its own, which needs no password."""

    name = "cassandra"

    def __init__(self, folder: Path, *, hasty: bool = False) -> None:
        """Create a server.

        Args:
            folder: The folder for its files.
            hasty: Whether it does not flush its schema, so that tables are created sooner, but are
                not there any more after it was killed.
        """
        super().__init__(folder)
        self._hasty = hasty
        self.port, self._storage_port = free_ports(2)
        self._configuration = folder / "cassandra.yaml"
        self.url = f"cassandra://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        template = (_HERE / "cassandra.yaml").read_text()
        self._configuration.write_text(
            template.format(port=self.port, storage_port=self._storage_port, data=self.data)
        )

    def command(self) -> Sequence[str]:
        jars = install(_HERE / "pom.xml")
        properties = {
            **_PROPERTIES,
            "cassandra.config": f"file://{self._configuration}",
            "cassandra.storagedir": str(self.data),
            "cassandra.logdir": str(self.folder),
            "logback.configurationFile": str(_HERE / "logback.xml"),
            "java.library.path": str(self.folder),
            "cassandra.unsafesystem": str(self._hasty).lower(),
        }
        (agent,) = jars.glob("jamm-*.jar")
        options = ["-Xms512m", "-Xmx512m", "-Xss512k", f"-javaagent:{agent}"]
        options += [f"@{_HERE / 'java17.options'}"]
        options += [f"-D{name}={value}" for name, value in properties.items()]
        return [*java(jars, *options), "org.apache.cassandra.service.CassandraDaemon"]

    def answers(self) -> bool:
        return listens(self.port)
