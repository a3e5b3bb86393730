"""Loopback ports: free ones, and whether one is in use."""

from __future__ import annotations

import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Return `count` different free ports."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in sockets]


def is_in_use(port: int) -> bool:
    """Return whether a process listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def problem_at(port: int) -> str | None:
    """Return why a server cannot be connected to; None if it can."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=3).close()
    except OSError as error:
        return f"no response yet ({error})"
    return None
