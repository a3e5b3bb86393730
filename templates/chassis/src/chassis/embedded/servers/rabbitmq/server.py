"""RabbitMQ: one node with an epmd of its own, which is the directory of Erlang's nodes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from chassis.embedded.ports import LOOPBACK, problem_at
from chassis.embedded.servers.server import Server, printed_version, program

_DATA = Path("data")
_CONFIG, _PLUGINS, _COOKIE = Path("rabbitmq.conf"), Path("plugins"), Path(".erlang.cookie")
_SETTINGS = {
    "log.console": "true",
    "log.console.level": "warning",
    "log.file": "false",
    "disk_free_limit.absolute": "50MB",
    "vm_memory_high_watermark.absolute": "512MB",
}
_ERLANG = "+S 2:2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}"


class LocalServer(Server):
    """A node whose user `guest` needs the password. Erlang's own ports need it, too: the cookie."""

    product = "RabbitMQ"
    advice = "`apt-get install rabbitmq-server` or `brew install rabbitmq`"
    port_count = 3
    refused_characters = "'\""

    @classmethod
    def find(cls) -> Path | None:
        """Return the path of rabbitmq-server: Debian's on the PATH would change the user."""
        return program("rabbitmq-server", Path("/usr/lib/rabbitmq/bin"))

    @classmethod
    def version(cls, installed: Path) -> str:
        """Ask rabbitmqctl, which needs no node for that."""
        return printed_version(installed.with_name("rabbitmqctl"), "version")

    @property
    def url(self) -> str:
        """The URL, with the password."""
        return f"rabbitmq://guest:{self.access.password}@{LOOPBACK}:{self.port}"

    def prepare(self, installed: Path) -> None:
        """Write the configuration, and start epmd: the node itself would start one that stays."""
        _DATA.mkdir(exist_ok=True)
        own = {
            "listeners.tcp.1": f"{LOOPBACK}:{self.port}",
            "default_user": "guest",
            "default_pass": self.access.password,
        }
        settings = {**_SETTINGS, **own, **self.access.settings}
        _CONFIG.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        _PLUGINS.write_text("[].")
        if not _COOKIE.exists():
            _COOKIE.write_text(self.access.password)
            _COOKIE.chmod(0o400)
        if epmd := shutil.which("epmd"):
            subprocess.Popen([epmd, "-address", LOOPBACK, "-port", str(self.access.ports[2])])

    def command(self, installed: Path) -> list[str]:
        """Run rabbitmq-server."""
        return [str(installed)]

    def environment(self, folder: Path) -> dict[str, str]:
        """Return the variables of the node, and of rabbitmqctl to talk to it."""
        _, distribution, epmd = self.access.ports
        return {
            "HOME": str(folder),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(epmd),
            "RABBITMQ_NODENAME": "rabbit@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_CONFIG_FILE": str(_CONFIG),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(_PLUGINS),
            "RABBITMQ_MNESIA_BASE": str(_DATA),
            "RABBITMQ_LOG_BASE": ".",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG,
        }

    def problem(self) -> str | None:
        """Connect: the node listens when it has started."""
        return problem_at(self.port)
