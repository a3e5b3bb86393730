"""Requests to the supervisor: the names of processes to restart, a line each, through a pipe.

A named pipe belongs to the user alone, and has no limit on the length of its path as sockets have.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.paths import ProjectPaths

_SIZE = 4096  # what is written at once in this size arrives in one piece


def restart(paths: ProjectPaths, name: str) -> None:
    """Ask the supervisor to restart the process `name`.

    Raises:
        EmbeddedError: There is no supervisor.
    """
    try:
        pipe = os.open(paths.requests, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        raise EmbeddedError("the supervisor is not running: run `make up`") from error
    try:
        os.write(pipe, f"{name}\n".encode())
    finally:
        os.close(pipe)


@contextmanager
def received(paths: ProjectPaths, restart: Callable[[str], None]) -> Iterator[None]:
    """Call `restart` with every requested name while the event loop runs the block."""
    paths.requests.unlink(missing_ok=True)
    os.mkfifo(paths.requests, mode=0o600)
    # Opened for writing too, because the end of the last writer would be the end of the file.
    pipe = os.open(paths.requests, os.O_RDWR | os.O_NONBLOCK)
    loop = asyncio.get_running_loop()

    def read() -> None:
        for name in os.read(pipe, _SIZE).decode("utf-8", "replace").split("\n"):
            if name:
                restart(name)

    loop.add_reader(pipe, read)
    try:
        yield
    finally:
        loop.remove_reader(pipe)
        os.close(pipe)
        paths.requests.unlink(missing_ok=True)
