"""Servers that run on Java."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

_OPTIONS = ("-XX:+UseSerialGC", "-XX:+PerfDisableSharedMem")


def java(class_path: Iterable[str | Path], *options: str) -> list[str]:
    """Return the beginning of a command that runs a class."""
    return [_program() or "java", *_OPTIONS, *options, "-cp", ":".join(map(str, class_path))]


def library(jar: str, home: str, program: str, *below: str) -> Path | None:
    """Return the folder with the libraries of a server.

    Args:
        jar: A pattern of the name of one of them.
        home: The environment variable with the folder where the server is unpacked.
        program: A program on the PATH, which says where that is if the variable is not set.
        below: Where the libraries may be, below that folder or absolute.
    """
    if _program() is None:
        return None
    if folder := os.environ.get(home):
        root = Path(folder)
    elif found := shutil.which(program):
        root = Path(found).resolve().parents[1]
    else:
        return None
    return next((path for name in below if any((path := root / name).glob(jar))), None)


def jar_version(folder: Path, jar: str) -> str:
    """Return the version in the name of a library."""
    (path, *_) = sorted(folder.glob(jar))
    found = re.search(r"-([0-9]+(\.[0-9]+)+)", path.name)
    return found[1] if found else ""


def _program() -> str | None:
    """Return the path of java: that of JAVA_HOME, else on the PATH."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin" if home else None)
