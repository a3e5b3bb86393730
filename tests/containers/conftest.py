"""Projects in containers, on the Docker engine of this machine."""

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


def containers(project: str) -> dict[str, dict[str, Any]]:
    """What Docker knows of each container of a Compose project, by its service."""
    ids = docker("ps", "--all", "--quiet", "--filter", _label(project)).split()
    found = json.loads(docker("inspect", *ids)) if ids else []
    return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in found}


def resources(project: str, *kinds: str) -> list[str]:
    """What there is of a Compose project: containers, volumes and networks, or some of them."""
    found: list[str] = []
    for kind in kinds or ("container", "volume", "network"):
        every = ("--all",) if kind == "container" else ()
        printed = docker(kind, "ls", *every, "--quiet", "--filter", _label(project))
        found += (f"{kind} {name}" for name in printed.split())
    return found


def published(container: dict[str, Any]) -> dict[str, set[str]]:
    """The addresses of this machine that each port of a container is published at."""
    ports = container["NetworkSettings"]["Ports"].items()
    return {port: {each["HostIp"] for each in bindings} for port, bindings in ports if bindings}


def _label(project: str) -> str:
    return f"label=com.docker.compose.project={project}"


@dataclass(frozen=True)
class Composed:
    """A project that `make compose-up` has started."""

    project: Project
    name: str
    files: tuple[Path, ...] = ()
    """What is merged into its description."""

    @property
    def variables(self) -> dict[str, str]:
        """What its Makefile is run with: a name of its own, any free port."""
        return {"COMPOSE_PROJECT_NAME": self.name, "GATEWAY_PORT": "0", "DOCKER_BUILDKIT": "1"}

    def make(self, *targets: str) -> str:
        """Run `make TARGETS`, which must succeed, and return what it printed."""
        return self.project.make(*targets, self._compose, **self.variables)

    def remove(self) -> None:
        """Remove all that belongs to it."""
        arguments = ("compose-down", "ARGS=--volumes", self._compose)
        self.project.run(*arguments, **self.variables)

    @property
    def _compose(self) -> str:
        files = ("deploy/compose.yaml", *map(str, self.files))
        return f"COMPOSE=docker compose {' '.join(f'--file {file}' for file in files)}"

    @property
    def containers(self) -> dict[str, dict[str, Any]]:
        """What Docker knows of each container, by its service."""
        return containers(self.name)

    @property
    def left(self) -> list[str]:
        """The containers, volumes and networks that there are."""
        return resources(self.name)

    def kill(self, service: str) -> None:
        """Kill the first process of a container from outside, and wait until it is back."""
        before = self.containers[service]["State"]
        os.kill(before["Pid"], signal.SIGKILL)

        def is_back() -> bool:
            now = self.containers[service]["State"]
            health = now.get("Health", {}).get("Status")
            return bool(now["StartedAt"] != before["StartedAt"] and health == "healthy")

        wait_until(is_back)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the example."""
    root = tmp_path_factory.mktemp("containers") / "shop"
    for path in tracked_files(EXAMPLE):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(EXAMPLE / path, root / path)
    return Project(root)


@pytest.fixture(scope="module")
def shop(example: Project) -> Iterator[Composed]:
    """The shop, up: each part in a container."""
    composed = Composed(example, f"shop-{os.getpid()}")
    try:
        composed.make("compose-up")
        yield composed
    finally:
        composed.remove()
