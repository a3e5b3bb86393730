"""Locks on files, which the system releases when their holder ends, however it ends."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.paths import ProjectPaths

WAITING = "waiting for another command to finish"
_POLL = 0.05


@contextmanager
def command_lock(
    paths: ProjectPaths, waiting: Callable[[], None], *, timeout: float = 300
) -> Iterator[None]:
    """Hold the lock of the commands that change what is running.

    Args:
        paths: The paths of the project.
        waiting: Called once if another command holds the lock.
        timeout: Seconds to wait for the lock.

    Raises:
        EmbeddedError: The timeout has passed.
    """
    paths.create()
    deadline = time.monotonic() + timeout
    notified = False
    while True:
        with held(paths.lock) as is_held:
            if is_held:
                yield
                return
        if time.monotonic() > deadline:
            raise EmbeddedError("another `up` or `down` of this project does not finish")
        if not notified:
            waiting()
            notified = True
        time.sleep(_POLL)


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Try to hold the lock `path` during the block, and yield whether that succeeded.

    Child processes do not inherit the lock.
    """
    with path.open("w") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
