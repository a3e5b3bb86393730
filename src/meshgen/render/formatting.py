"""Ruff over everything that was rendered: one call for all files, never one a file."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ruff.__main__ import find_ruff_bin

from meshgen.errors import DEFECT, MeshgenError


def formatted(texts: Mapping[str, str], settings: str) -> dict[str, str]:
    """Return the Python files among `texts` (path -> text) with unused imports dropped, imports
    sorted and the code formatted, as `settings` (the project's pyproject.toml) says.

    Raises MeshgenError when ruff refuses a file: a defect of meshgen, said with ruff's own words.
    """
    python = {path: text for path, text in texts.items() if path.endswith(".py")}
    with tempfile.TemporaryDirectory(prefix="meshgen-") as folder:
        root = Path(folder)
        (root / "pyproject.toml").write_text(settings, encoding="utf-8")
        for path, text in python.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        # Imports are collapsed where what is left of them fits on a line.
        collapse = "lint.isort.split-on-trailing-comma=false"
        _ruff(root, "check", "--fix", "--select=F401,I", "--ignore-noqa", "--config", collapse)
        _ruff(root, "format")
        return {path: (root / path).read_text(encoding="utf-8") for path in python}


def _ruff(root: Path, *arguments: str) -> None:
    command = [find_ruff_bin(), *arguments, "--quiet", "--no-cache", "--force-exclude", "."]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MeshgenError(
            f"the rendered code is not valid:\n{done.stdout}{done.stderr}".strip(),
            hint=DEFECT,
        )
