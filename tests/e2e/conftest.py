"""Projects generated once for all tests, each with the environment that its own Makefile makes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nats
import pytest
from chassis.embedded import state
from chassis.embedded.paths import ProjectPaths

from tests.trees import copy_tracked

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Project:
    """A generated project, driven as its owner would: by `make`."""

    root: Path

    def run(self, *targets: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run `make TARGETS` and return what came of it."""
        # Its own environment, not the one that the tests run in.
        inherited = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
        return subprocess.run(
            ["make", "--no-print-directory", *targets],
            cwd=self.root,
            env={**inherited, "GATEWAY_PORT": "0", **env},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    def make(self, *targets: str, **env: str) -> str:
        """Run `make TARGETS`, which must succeed, and return what it printed."""
        done = self.run(*targets, **env)
        assert done.returncode == 0, f"make {' '.join(targets)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def meshgen(self, *arguments: str) -> None:
        """Run a command of meshgen in the project's folder, which must succeed."""
        command = [sys.executable, "-m", "meshgen", *arguments]
        done = subprocess.run(
            command, cwd=self.root, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def edit(self, *changes: tuple[str, str]) -> None:
        """Replace texts in the spec, and update the project."""
        (path,) = self.root.glob("[a-z]*.yaml")
        text = path.read_text()
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        path.write_text(text)
        self.meshgen("update")

    @property
    def state(self) -> state.State:
        """What `make up` has started."""
        found = state.read(ProjectPaths(self.root.resolve()))
        assert found is not None
        return found

    def kill(self, process: str) -> None:
        """Kill a process, and the supervisor, which would start it again."""
        found = self.state
        assert found.supervisor is not None
        os.kill(found.supervisor.pid, signal.SIGKILL)
        os.kill(found.started[process].pid, signal.SIGKILL)

    def messages(self) -> Counter[tuple[str, str]]:
        """How often the hub has which type of message about which subject."""
        return asyncio.run(_messages(self.state.plan.nats_url))


async def _messages(url: str) -> Counter[tuple[str, str]]:
    client = await nats.connect(url)
    try:
        stream = client.jetstream()
        found: Counter[tuple[str, str]] = Counter()
        for info in await stream.streams_info():
            name = str(info.config.name)
            for position in range(max(1, info.state.first_seq), info.state.last_seq + 1):
                data = (await stream.get_msg(name, position)).data
                envelope = json.loads(data or b"{}")
                found[envelope["subject"], envelope["type"].split(".")[-2]] += 1
        return found
    finally:
        await client.close()


def generate(name: str, into: Path) -> Project:
    """`meshgen new` of one of the specs: the project's own, or those of the tests."""
    folders = (ROOT / "specs", ROOT / "tests" / "e2e" / "specs")
    spec = next(path for folder in folders if (path := folder / f"{name}.yaml").exists())
    command = [sys.executable, "-m", "meshgen", "new", str(into / name), "--spec", str(spec)]
    subprocess.run([*command, "--quiet"], check=True, cwd=ROOT)
    return Project(into / name)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Project]:
    """The project of a spec by its name, generated when it is first asked for."""
    return cache(lambda name: generate(name, tmp_path_factory.mktemp("projects")))


@pytest.fixture(scope="session", params=["minimal", "shop", "clinic", "trips", "boxes", "bank"])
def project(request: pytest.FixtureRequest, generated: Callable[[str], Project]) -> Project:
    return generated(request.param)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of examples/shop: the shop with the lines that were written by hand."""
    root = tmp_path_factory.mktemp("example") / "shop"
    copy_tracked(ROOT / "examples" / "shop", root)
    return Project(root)


@pytest.fixture(scope="module")
def lab(generated: Callable[[str], Project]) -> Iterator[Project]:
    """The lab, up; all modules change the same project, and find what the others have left."""
    project = generated("lab")
    project.make("up")
    yield project
    project.run("down")


@pytest.fixture
def running_shop(shop: Project) -> Iterator[Project]:
    """The shop, up; stopped after the test."""
    shop.make("up")
    yield shop
    shop.make("down")
