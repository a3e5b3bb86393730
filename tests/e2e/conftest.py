"""Projects generated once for all tests, each with the environment that its own Makefile makes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

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
            timeout=300,
            check=False,
        )

    def make(self, *targets: str, **env: str) -> str:
        """Run `make TARGETS`, which must succeed, and return what it printed."""
        done = self.run(*targets, **env)
        assert done.returncode == 0, f"make {' '.join(targets)}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def generate(name: str, into: Path) -> Project:
    """`meshgen new` of one of the specs."""
    spec = ROOT / "specs" / f"{name}.yaml"
    command = [sys.executable, "-m", "meshgen", "new", name, "--spec", str(spec)]
    subprocess.run([*command, "--output", str(into), "--quiet"], check=True, cwd=ROOT)
    return Project(into / name)


@pytest.fixture(scope="session", params=["minimal", "shop"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return generate(request.param, tmp_path_factory.mktemp("projects"))


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return generate("shop", tmp_path_factory.mktemp("shop"))


@pytest.fixture
def running_shop(shop: Project) -> Iterator[Project]:
    """The shop, up; stopped after the test."""
    shop.make("up")
    yield shop
    shop.make("down")
