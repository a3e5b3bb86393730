"""RabbitMQ, as the Debian package installs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.servers.debian import install
from tests.servers.server import Server, free_ports, listens

_HERE = Path(__file__).parent
_PROGRAMS = Path("/usr/lib/rabbitmq/bin")
_USER = "rabbitmq"
_COOKIE = "tests"
_ERLANG = f"-setcookie {_COOKIE} +S 2:2 +sbwt none -kernel inet_dist_use_interface {{127,0,0,1}}"

_FIRST_STREAM = """
    Name = rabbit_misc:r(<<"/">>, queue, <<"first">>),
    Type = {<<"x-queue-type">>, longstr, <<"stream">>},
    {new, _} = rabbit_amqqueue:declare(Name, true, false, [Type], none, <<"tests">>),
    [dets:sync(Table) || Table <- dets:all()].
"""


class RabbitServer(Server):
    """A node of its own, whose user `guest` has the password `guest`.

    A node registers itself with an epmd, a daemon of Erlang that outlives it: this one, too, is the
    node's own, and ends with it. Root runs both as the user `rabbitmq`, which reaches nothing but
    their folder.

    Attributes:
        port: The port for clients.
        home: The folder that the server can read.
        settings: More lines of rabbitmq.conf.
    """

    name = "rabbitmq"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port, self._distribution_port, self._epmd_port = free_ports(3)
        self.settings: dict[str, str] = {}
        self.home = Path(tempfile.mkdtemp(prefix="rabbitmq-"))
        self.data = self.home / "data"
        self.url = f"rabbitmq://guest:guest@127.0.0.1:{self.port}"

    def prepare(self) -> None:
        if not _PROGRAMS.exists():
            install("rabbitmq-server")
        config = (_HERE / "rabbitmq.conf").read_text().format(port=self.port)
        more = "".join(f"{name} = {value}\n" for name, value in self.settings.items())
        (self.home / "rabbitmq.conf").write_text(config + more)
        (self.home / "enabled_plugins").write_text("[].")
        self.data.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            for path in (self.home, *self.home.iterdir()):
                shutil.chown(path, _USER, _USER)

    def start(self) -> None:
        """Start the node; a new one may be killed at once.

        What coordinates its streams begins with the first of them. A node that is killed within
        half a second of that has forgotten it, and all its streams stay down (RabbitMQ 3.10).
        """
        is_new = not any(self.data.glob("*/coordination"))
        super().start()
        if is_new:
            self.control("eval", _FIRST_STREAM)

    def command(self) -> Sequence[str]:
        # A new user forgets the signal of `Server.start`. At this one the script ends its node.
        return self._as_user("rabbitmq-server", options=("--pdeathsig", "TERM"))

    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",  # so that it can be ended
            "RABBITMQ_NODENAME": f"rabbit{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.data),
            "RABBITMQ_LOG_BASE": str(self.home),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG,
            "RABBITMQ_CTL_ERL_ARGS": f"-setcookie {_COOKIE}",
        }

    def answers(self) -> bool:
        return listens(self.port)

    def control(self, *arguments: str) -> str:
        """Return what `rabbitmqctl` prints."""
        command = self._as_user("rabbitmqctl", "--quiet", *arguments)
        environment = os.environ | self.environment()
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True, cwd=self.home
        ).stdout

    def kill(self) -> None:
        super().kill()
        command = ["epmd", "-kill"]
        subprocess.run(command, env=os.environ | self.environment(), capture_output=True)

    def remove(self) -> None:
        """End the server and remove its data."""
        self.kill()
        shutil.rmtree(self.home)

    def _as_user(self, program: str, *arguments: str, options: Sequence[str] = ()) -> list[str]:
        user = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", *options]
        return [*(user if os.geteuid() == 0 else ()), str(_PROGRAMS / program), *arguments]
