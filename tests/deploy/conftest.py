"""What is generated to ship a system, for every spec of this repository."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from meshgen.spec.check import read_spec
from meshgen.spec.model import Spec

ROOT = Path(__file__).parents[2]
SPECS = {
    path.stem: path
    for folder in (ROOT / "specs", ROOT / "specs" / "evolution", ROOT / "tests" / "e2e" / "specs")
    for path in sorted(folder.glob("*.yaml"))
}


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The project of a spec by its name, generated when it is first asked for."""

    def generate(name: str) -> Path:
        root = tmp_path_factory.mktemp("deploy") / name
        command = [sys.executable, "-m", "meshgen", "new", str(root), "--spec", str(SPECS[name])]
        subprocess.run([*command, "--quiet"], check=True)
        return root

    return cache(generate)


@pytest.fixture(params=SPECS, scope="session")
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def project(name: str, generated: Callable[[str], Path]) -> Path:
    return generated(name)


@pytest.fixture(scope="session")
def spec(name: str) -> Spec:
    return read_spec(SPECS[name])
