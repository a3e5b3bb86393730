"""RabbitMQ, as the Debian package installs it."""

from __future__ import annotations

import os
import shutil
import subprocess

from chassis.embedded.servers import catalog

from tests.servers.debian import install
from tests.servers.local import LocalServer

_FIRST_STREAM = """
    Name = rabbit_misc:r(<<"/">>, queue, <<"first">>),
    Type = {<<"x-queue-type">>, longstr, <<"stream">>},
    {new, _} = rabbit_amqqueue:declare(Name, true, false, [Type], none, <<"tests">>),
    [dets:sync(Table) || Table <- dets:all()].
"""


class RabbitServer(LocalServer):
    """A node of its own, whose user `guest` has the password `guest`."""

    name = "rabbitmq"
    password = "guest"
    last_signal = "TERM"  # at this one the script ends its node

    def install(self) -> None:
        if catalog.known(self.name).find() is None:
            install("rabbitmq-server")

    def start(self) -> None:
        """Start the node; a new one may be killed at once.

        What coordinates its streams begins with the first of them. A node that is killed within
        half a second of that has forgotten it, and all its streams stay down (RabbitMQ 3.10).
        """
        is_new = not any(self.data.glob("*/coordination"))
        super().start()
        if is_new:
            self.control("eval", _FIRST_STREAM)

    def control(self, *arguments: str) -> str:
        """Return what `rabbitmqctl` prints."""
        server = catalog.known(self.name).find()
        assert server is not None
        environment = os.environ | self._kind(self._access).environment(self.home)
        command = [str(server.with_name("rabbitmqctl")), "--quiet", *arguments]
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True, cwd=self.home
        ).stdout

    def remove(self) -> None:
        """End the server and remove its data."""
        self.kill()
        shutil.rmtree(self.home)
