"""Where the embedded mode keeps its files: everything under `.local/` of the project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LOCAL = ".local"


@dataclass(frozen=True, slots=True)
class Places:
    """The paths of one project. Servers are told relative ones: they run in `root`."""

    root: Path

    @property
    def topology(self) -> Path:
        return self.root / "topology.toml"

    @property
    def local(self) -> Path:
        return self.root / LOCAL

    @property
    def signing_key(self) -> Path:
        return self.local / "keys" / "signing-key.pem"

    @property
    def jwks(self) -> Path:
        return self.local / "keys" / "jwks.json"

    @property
    def data(self) -> Path:
        return self.local / "data"

    @property
    def nats_store(self) -> Path:
        return self.local / "nats"

    @property
    def nats_config(self) -> Path:
        return self.local / "nats.conf"

    @property
    def gateway_config(self) -> Path:
        return self.local / "envoy.yaml"

    @property
    def state(self) -> Path:
        return self.local / "state.json"

    @property
    def lock(self) -> Path:
        return self.local / "lock"

    def log(self, name: str) -> Path:
        return self.local / "logs" / f"{name}.log"

    def relative(self, path: Path) -> str:
        """`path` as seen from the project's root: short, and free of characters nobody expects."""
        return path.relative_to(self.root).as_posix()

    def make(self) -> None:
        """Make the folders; only their owner can look into them."""
        for folder in (self.local, self.data, self.nats_store, self.signing_key.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log("any").parent.mkdir(mode=0o700, exist_ok=True)
