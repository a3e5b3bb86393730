"""Apache Cassandra: one node, which syncs its commit log before it answers."""

from __future__ import annotations

from pathlib import Path
from string import Template

from chassis.embedded.ports import LOOPBACK, problem_at
from chassis.embedded.servers.java import jar_version, java, library
from chassis.embedded.servers.server import Server

_HERE = Path(__file__).parent
_JAR = "apache-cassandra-*.jar"
_CONFIG = Path("cassandra.yaml")
_LOG = Path("logback.xml")
_DATA = Path("data")
_PROPERTIES = {
    "cassandra.storagedir": str(_DATA),
    "cassandra.logdir": ".",
    "logback.configurationFile": str(_LOG),
    "java.library.path": ".",
    "jdk.attach.allowAttachSelf": "true",
    "io.netty.tryReflectionSetAccessible": "true",
    "cassandra.skip_wait_for_gossip_to_settle": "0",  # alone, it has nobody to wait for
    "cassandra.ring_delay_ms": "0",
    "cassandra.superuser_setup_delay_ms": "0",
}


class LocalServer(Server):
    """A node that all users of this machine can reach: it has no password.

    Its settings are system properties of Java.
    """

    product = "Apache Cassandra"
    advice = (
        "unpack 5.0 (cassandra.apache.org/download) and set CASSANDRA_HOME, or"
        " `brew install cassandra`; it needs Java 17"
    )
    port_count = 2

    @classmethod
    def find(cls) -> Path | None:
        """Return the folder with its libraries: of an archive, of Homebrew, or of Debian."""
        folders = ("lib", "libexec", "/usr/share/cassandra")
        return library(_JAR, "CASSANDRA_HOME", "cassandra", *folders)

    @classmethod
    def version(cls, installed: Path) -> str:
        """Look at its library."""
        return jar_version(installed, _JAR)

    @property
    def url(self) -> str:
        """The URL."""
        return f"cassandra://{LOOPBACK}:{self.port}"

    def prepare(self, installed: Path) -> None:
        """Write the configuration, which Cassandra looks for in its class path."""
        port, storage_port = self.access.ports
        _DATA.mkdir(exist_ok=True)
        text = (_HERE / _CONFIG.name).read_text("utf-8")
        _CONFIG.write_text(Template(text).substitute(port=port, storage_port=storage_port))
        _LOG.write_bytes((_HERE / _LOG.name).read_bytes())

    def command(self, installed: Path) -> list[str]:
        """Run the class that the script `cassandra` runs."""
        properties = {**_PROPERTIES, **self.access.settings}
        (agent, *_) = installed.glob("**/jamm-*.jar")
        options = ["-Xms512m", "-Xmx512m", "-Xss512k", f"-javaagent:{agent}"]
        options += (_HERE / "java17.options").read_text("utf-8").split()
        options += [f"-D{name}={value}" for name, value in properties.items()]
        class_path = [".", f"{installed}/*", f"{installed}/lib/*"]
        return [*java(class_path, *options), "org.apache.cassandra.service.CassandraDaemon"]

    def problem(self) -> str | None:
        """Connect: the node listens for clients when it has started."""
        return problem_at(self.port)
