"""The lock of a project, which the system releases if the process dies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meshgen.errors import MeshgenError

try:
    import fcntl
except ImportError:  # not available on Windows: users must avoid concurrent runs
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a project, which is on its folder `folder`.

    Raises:
        MeshgenError: Another process holds it; without the folder there is nothing to lock.
    """
    if fcntl is None or not folder.is_dir():
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MeshgenError(
                f"meshgen is already running in {folder.parent}",
                hint="wait until it has finished",
            ) from None
        yield
    finally:
        os.close(handle)
