"""Comparing trees of files."""

from __future__ import annotations

import hashlib
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
