"""Formatting of all rendered files with a single call of ruff."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ruff.__main__ import find_ruff_bin


class FormatError(Exception):
    """Ruff rejected the rendered code; the text is ruff's."""


def format_tree(root: Path) -> None:
    """Drop unused imports, sort imports and format the code below `root`.

    The settings are those in the pyproject.toml in `root`.

    Raises:
        FormatError: Ruff rejects a file.
    """
    # Imports are collapsed where what is left of them fits on a line.
    collapse = "lint.isort.split-on-trailing-comma=false"
    _ruff(root, "check", "--fix", "--select=F401,I", "--ignore-noqa", "--config", collapse)
    _ruff(root, "format")


def _ruff(root: Path, *arguments: str) -> None:
    command = [find_ruff_bin(), *arguments, "--quiet", "--no-cache", "--force-exclude", "."]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FormatError(f"{done.stdout}{done.stderr}".strip())
