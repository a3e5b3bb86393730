"""The wheel carries the templates, and works where nothing may be written beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trees import digest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A virtual environment with nothing but the wheel, its site-packages read-only."""
    folder = tmp_path_factory.mktemp("wheel")
    env = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    build = [str(UV), "build", "--quiet", "--wheel", "--no-build-isolation", "--python"]
    subprocess.run(
        [*build, sys.executable, "--out-dir", str(folder), str(ROOT)], check=True, env=env
    )
    (wheel,) = folder.glob("*.whl")
    subprocess.run([str(UV), "venv", "--quiet", str(folder / "venv")], check=True, env=env)
    python = str(folder / "venv/bin/python")
    install = [str(UV), "pip", "install", "--quiet", "--python", python]
    pins = ["--constraint", str(ROOT / "requirements.txt")]
    subprocess.run([*install, *pins, str(wheel)], check=True, env=env)
    package = next((folder / "venv").rglob("site-packages/meshgen"))
    _chmod(package, directory=0o555, file=0o444)
    yield folder / "venv/bin/meshgen"
    _chmod(package, directory=0o755, file=0o644)


def _chmod(root: Path, *, directory: int, file: int) -> None:
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            path.chmod(directory if path.is_dir() else file)


@pytest.mark.parametrize("name", ["minimal", "shop"])
def test_a_wheel_installed_elsewhere_gives_the_same_bytes(
    installed: Path, tmp_path: Path, name: str
) -> None:
    spec = str(ROOT / "specs" / f"{name}.yaml")
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, command in ((here, [sys.executable, "-m", "meshgen"]), (there, [str(installed)])):
        folder.mkdir()
        subprocess.run([*command, "new", name, "--spec", spec, "-q"], check=True, cwd=folder)
    assert digest(here / name) == digest(there / name)
