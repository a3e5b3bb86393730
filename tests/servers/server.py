"""A server process that a test starts, kills and starts again."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from tests.waiting import wait_until

# A server ends when the tests are killed, too, where the system can do that.
_WITH_THE_TESTS = ("setpriv", "--pdeathsig") if shutil.which("setpriv") else ()

# That is, with the thread that starts it: one that lasts, wherever a test calls `start`.
_STARTER = ThreadPoolExecutor(1, thread_name_prefix="servers")

INSTALLED = Path(__file__).parents[2] / "build" / "servers"
"""Where servers are installed, once for all runs."""


def home_of(name: str, *sources: Path) -> Path:
    """Return the folder of what is installed from `sources`; others have another one."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    return INSTALLED / f"{name}-{digest[:12]}"


def settle(partial: Path, home: Path) -> None:
    """Give what was installed in the folder `partial` its place, unless another run was faster."""
    try:
        partial.rename(home)
    except OSError:
        shutil.rmtree(partial)


class Server(ABC):
    """A server of one engine on free loopback ports.

    Attributes:
        name: The name of the engine.
        url: The URL for clients.
        folder: The configuration and the log of the server.
        data: What it has stored; a restart keeps it.
        last_signal: The signal that ends it when the tests are killed.
    """

    name: str
    url: str
    last_signal = "KILL"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self.folder.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def prepare(self) -> None:
        """Install the server and write its configuration, if that has not been done."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """Return the command that runs the server in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """Return whether the server can be used."""

    def environment(self) -> dict[str, str]:
        """Return the environment variables of the server, besides those of the tests."""
        return {}

    def start(self) -> None:
        """Start the server, or start it again on its data, and wait until it answers."""
        self.prepare()
        with self._log.open("ab") as log:
            self._process = _STARTER.submit(
                subprocess.Popen,
                [*(_WITH_THE_TESTS and (*_WITH_THE_TESTS, self.last_signal)), *self.command()],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | self.environment(),
                start_new_session=True,  # so that its own children end with it
            ).result()
        wait_until(self._is_ready, f"the start of {self.name}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; when this returns, a stopped server has stopped."""
        assert self._process is not None
        os.killpg(self._process.pid, number)
        if number is signal.SIGSTOP:
            process = psutil.Process(self._process.pid)
            wait_until(
                lambda: process.status() == psutil.STATUS_STOPPED, f"the stop of {self.name}"
            )

    def kill(self) -> None:
        """Kill the server as a crash does, if it runs."""
        if self._process is not None:
            children = psutil.Process(self._process.pid).children(recursive=True)
            self.signal(signal.SIGKILL)
            self._process.wait()
            psutil.wait_procs(children)  # or they would answer the next start
            self._process = None

    def lose(self) -> None:
        """Remove all that the server has stored. It must not run."""
        shutil.rmtree(self.data)

    @property
    def _log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        return self.answers()


def free_ports(count: int) -> list[int]:
    """Return free ports of the loopback interface."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def listens(port: int) -> bool:
    """Return whether a server accepts connections at a port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
