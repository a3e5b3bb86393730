"""Reading files that somebody else may have put there."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

LARGEST = 64 * 1024 * 1024
"""The size of the largest file that is read; those of a project are far smaller."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def content_of(path: Path | str) -> bytes:
    """Return the content of a regular file: a pipe would block, and a device may have no end.

    Raises:
        OSError: It cannot be read, is no regular file or is too large.
    """
    with open(os.open(path, _FLAGS), "rb", buffering=0) as file:
        known = os.fstat(file.fileno())
        if not stat.S_ISREG(known.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        if known.st_size > LARGEST:
            raise OSError(errno.EFBIG, f"it is larger than {LARGEST // 2**20} MB")
        return file.read(LARGEST)
