"""Apache Cassandra, installed by Maven."""

from __future__ import annotations

from pathlib import Path

from tests.servers.local import LocalServer
from tests.servers.maven import FAST_START, install


class CassandraServer(LocalServer):
    """A node of its own."""

    name = "cassandra"

    def __init__(self, folder: Path, *, hasty: bool = False) -> None:
        """Create a server.

        Args:
            folder: The folder for its files.
            hasty: Whether it does not flush its schema, so that tables are created sooner, but are
                not there any more after it was killed.
        """
        super().__init__(folder, {"cassandra.unsafesystem": str(hasty).lower()})

    def environment(self) -> dict[str, str]:
        return {"CASSANDRA_HOME": str(home()), **FAST_START}


def home() -> Path:
    """Return the folder of Cassandra; it is installed if that has not been done."""
    return install(
        Path(__file__).with_name("pom.xml"), "lib", ("cassandra-all", "apache-cassandra")
    )
