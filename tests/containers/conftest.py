"""The shop in containers, on the Docker engine of this machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Project
from tests.trees import tracked_files
from tests.waiting import wait_until

EXAMPLE = Path(__file__).parents[2] / "examples" / "shop"


def docker(*arguments: str) -> str:
    """Run a command of Docker, which must succeed, and return what it printed."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Composed:
    """A project that `make compose-up` has started."""

    project: Project
    name: str

    @property
    def variables(self) -> dict[str, str]:
        """What its Makefile is run with: a name of its own, any free port."""
        return {"COMPOSE_PROJECT_NAME": self.name, "GATEWAY_PORT": "0", "DOCKER_BUILDKIT": "1"}

    def make(self, *targets: str) -> str:
        """Run `make TARGETS`, which must succeed, and return what it printed."""
        return self.project.make(*targets, **self.variables)

    @property
    def containers(self) -> dict[str, dict[str, Any]]:
        """What Docker knows of each container, by its service."""
        ids = docker("ps", "--all", "--quiet", "--filter", self.label).split()
        found = json.loads(docker("inspect", *ids)) if ids else []
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in found}

    @property
    def label(self) -> str:
        """The filter of all that belongs to it."""
        return f"label=com.docker.compose.project={self.name}"

    def kill(self, service: str) -> None:
        """Kill the first process of a container from outside, and wait until it is back."""
        before = self.containers[service]["State"]
        os.kill(before["Pid"], signal.SIGKILL)

        def is_back() -> bool:
            now = self.containers[service]["State"]
            health = now.get("Health", {}).get("Status")
            return bool(now["StartedAt"] != before["StartedAt"] and health == "healthy")

        wait_until(is_back)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    root = tmp_path_factory.mktemp("containers") / "shop"
    for path in tracked_files(EXAMPLE):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(EXAMPLE / path, root / path)
    composed = Composed(Project(root), f"shop-{os.getpid()}")
    try:
        composed.make("compose-up")
        yield composed
    finally:
        composed.project.run("compose-down", "ARGS=--volumes", **composed.variables)
