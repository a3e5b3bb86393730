"""Comparing and copying trees of files."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path


def digest(root: Path) -> dict[str, tuple[str, int]]:
    """Every file below `root`: path -> (hash of its content, permission bits)."""
    return {
        path.relative_to(root).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mode & 0o777,
        )
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def tracked_files(root: Path) -> list[str]:
    """The files below `root` that belong into version control, by their path below it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (root / name).is_file()]


def copy_tracked(source: Path, target: Path) -> None:
    """Copy the files below `source` that belong into version control."""
    for path in tracked_files(source):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / path, target / path)
