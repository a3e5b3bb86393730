"""Lookup of the servers' executables: in the wheels that contain them, else on the PATH."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from chassis.embedded.errors import EmbeddedError


def find(name: str, *, wheel: str, ending: str) -> str:
    """Return the path of an executable.

    Args:
        name: The name of the executable on the PATH.
        wheel: The distribution that contains it.
        ending: The end of its path in the distribution.

    Raises:
        EmbeddedError: It is in neither of them.
    """
    try:
        files = distribution(wheel).files or []
    except PackageNotFoundError:
        files = []
    for file in files:
        if file.as_posix().endswith(ending) and (path := Path(str(file.locate()))).is_file():
            return str(path.resolve())
    if found := shutil.which(name):
        return found
    raise EmbeddedError(f"{name} is not installed: pip install {wheel} (or put {name} on the PATH)")
