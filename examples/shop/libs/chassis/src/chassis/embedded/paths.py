"""The files of the embedded mode: all of them are in `.local/` of the project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LOCAL = ".local"


@dataclass(frozen=True, slots=True)
class ProjectPaths:
    """The paths of one project. Servers get relative paths, because they run in `root`."""

    root: Path

    @property
    def topology(self) -> Path:
        """The description of the system."""
        return self.root / "topology.toml"

    @property
    def local(self) -> Path:
        """The folder of all files of the embedded mode."""
        return self.root / LOCAL

    @property
    def signing_key(self) -> Path:
        """The private key of the development issuer."""
        return self.local / "keys" / "signing-key.pem"

    @property
    def jwks(self) -> Path:
        """The public key of the development issuer."""
        return self.local / "keys" / "jwks.json"

    @property
    def data(self) -> Path:
        """The folder of the stores."""
        return self.local / "data"

    @property
    def urls(self) -> Path:
        """The folder of the URLs of the servers that the units use, with their passwords."""
        return self.local / "urls"

    def url(self, engine: str) -> Path:
        """Return the file with the URL of the server of an engine."""
        return self.urls / engine

    def server(self, engine: str) -> Path:
        """Return the folder of a server that was started here: its data and its configuration."""
        return self.local / "servers" / engine

    @property
    def compose(self) -> Path:
        """The description of the system in containers."""
        return self.root / "deploy" / "compose.yaml"

    @property
    def compose_engines(self) -> Path:
        """What is different if only servers are in containers."""
        return self.compose.with_name("compose.engines.yaml")

    @property
    def secrets_script(self) -> Path:
        """The script that writes the secrets of containers."""
        return self.compose.with_name("secrets.sh")

    def secret_url(self, engine: str) -> Path:
        """Return the file with the URL of the server of an engine, as it is among containers."""
        return self.local / "secrets" / f"{engine}_url"

    @property
    def composed(self) -> Path:
        """The name and the ports of the servers in containers."""
        return self.local / "compose.json"

    @property
    def nats_store(self) -> Path:
        """The folder of the event hub."""
        return self.local / "nats"

    @property
    def nats_config(self) -> Path:
        """The configuration of NATS."""
        return self.local / "nats.conf"

    @property
    def gateway_config(self) -> Path:
        """The configuration of Envoy."""
        return self.local / "envoy.yaml"

    @property
    def state(self) -> Path:
        """The state of the running system."""
        return self.local / "state.json"

    @property
    def lock(self) -> Path:
        """The lock of commands that change the state."""
        return self.local / "lock"

    @property
    def supervisor_lock(self) -> Path:
        """The lock that the supervisor holds while it runs."""
        return self.local / "supervisor.lock"

    @property
    def supervisor_log(self) -> Path:
        """The log of the supervisor."""
        return self.local / "supervisor.log"

    @property
    def requests(self) -> Path:
        """The pipe of requests to the supervisor."""
        return self.local / "requests"

    def log(self, name: str) -> Path:
        """Return the log of the process `name`."""
        return self.local / "logs" / f"{name}.log"

    def relative(self, path: Path) -> str:
        """Return `path` relative to the root: short, and without special characters."""
        return path.relative_to(self.root).as_posix()

    def create(self) -> None:
        """Create the folders, which only their owner can read."""
        for folder in (self.local, self.data, self.nats_store, self.signing_key.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log("any").parent.mkdir(mode=0o700, exist_ok=True)
