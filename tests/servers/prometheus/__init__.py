"""Prometheus, from the Debian package, with its tool that checks configurations."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.servers.debian import unpacked
from tests.servers.server import Server, free_ports

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class PrometheusServer(Server):
    """A server with a configuration that the test has written."""

    name = "prometheus"

    def __init__(self, folder: Path, configuration: Path) -> None:
        super().__init__(folder)
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self._configuration = configuration

    def prepare(self) -> None:
        program("prometheus")

    def command(self) -> Sequence[str]:
        return (
            program("prometheus"),
            f"--config.file={self._configuration}",
            f"--storage.tsdb.path={self.data}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--enable-feature=exemplar-storage",
        )

    def answers(self) -> bool:
        try:
            with _DIRECT.open(f"{self.url}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def query(self, expression: str) -> list[Any]:
        """Return the result of an expression now; the server must accept it."""
        return list(ask(self.url, "query", query=expression)["result"])


def ask(url: str, what: str, **parameters: str) -> Any:
    """Return the data of an answer of the API of the server at `url`, which must succeed."""
    address = f"{url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
    try:
        with _DIRECT.open(address, timeout=60) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{parameters}: {error.read().decode()}") from error


def program(name: str) -> str:
    """Return a program: `prometheus` or `promtool`; the package is unpacked if it is missing."""
    return shutil.which(name) or str(unpacked("prometheus", "prometheus") / "usr" / "bin" / name)


def promtool(*arguments: str, cwd: Path) -> str:
    """Run `promtool`, which must succeed, and return what it prints."""
    done = subprocess.run(
        [program("promtool"), *arguments],
        cwd=cwd,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
