"""The servers that a project can start, by the names of their engines."""

from __future__ import annotations

import os
import stat
from importlib import import_module
from pathlib import Path

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.servers import access
from chassis.embedded.servers.server import Server


def find(engine: str) -> type[Server] | None:
    """Return the class of an engine's server; None if a server of it cannot be started."""
    name = f"{__package__}.{engine}.server"
    try:
        found: type[Server] = import_module(name).LocalServer
    except ModuleNotFoundError as error:
        if error.name not in (name, name.rpartition(".")[0]):
            raise
        return None
    return found


def known(engine: str) -> type[Server]:
    """Return the class of an engine's server.

    Raises:
        EmbeddedError: A server of it cannot be started.
    """
    if server := find(engine):
        return server
    raise EmbeddedError(f"a server of {engine} cannot be started")


def opened(engine: str, folder: Path) -> Server:
    """Return the server of an engine in `folder`, which may run or not.

    Raises:
        EmbeddedError: There is none.
    """
    return known(engine)(access.read(folder))


def prepared(engine: str, folder: Path) -> Server:
    """Return the server of an engine that is about to be started in `folder`."""
    server = known(engine)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0 and server.user:  # who reaches the folder, but sees no other
        for path in (folder.parent, folder.parents[1]):
            path.chmod(0o711)
    return server(access.keep(folder, server.port_count))


def obstacle(engine: str, folder: Path) -> str | None:
    """Return why the server of an engine cannot be started in `folder`; None if it can."""
    server = find(engine)
    if server is None:
        return "it cannot be started here"
    if server.find() is None:
        return f"{server.product} is not installed: {server.advice}"
    if set(str(folder)) & set(server.refused_characters):
        return f"{server.product} does not start in a folder with {server.refused_characters}"
    if os.geteuid() == 0 and server.user and (closed := _closed(folder)):
        return (
            f"{server.product} refuses to run as root, and the user {server.user} cannot reach"
            f" {closed}: run `make` as another user, or `chmod o+x {closed}`"
        )
    return None


def _closed(folder: Path) -> Path | None:
    """Return the first folder up to the project that other users cannot enter."""
    path_to_it = reversed(folder.parents[2:])
    return next((path for path in path_to_it if not path.stat().st_mode & stat.S_IXOTH), None)
