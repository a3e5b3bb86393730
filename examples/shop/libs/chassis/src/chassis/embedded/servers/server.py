"""How the server of an engine is found, prepared and run on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from chassis.embedded.servers.access import Access

_TIMEOUT = 30.0


class Server(ABC):
    """A server of one engine, on loopback ports of its own.

    Its working directory is its folder: configurations have relative paths, so that they work
    whatever the path of the project is.

    Attributes:
        product: What it is called.
        advice: How to install it.
        port_count: How many ports it needs.
        refused_characters: Those that must not be in the path of its folder.
        user: The user that it runs as if root starts it; None: root.
        stop_signal: The name of the signal that ends it at once, but cleanly.
        access: Its ports, its password and its settings.
    """

    product: ClassVar[str]
    advice: ClassVar[str]
    port_count: ClassVar[int] = 1
    refused_characters: ClassVar[str] = ""
    user: ClassVar[str | None] = None
    stop_signal: ClassVar[str] = "SIGTERM"

    def __init__(self, access: Access) -> None:
        self.access = access
        self.port = access.ports[0]

    @classmethod
    @abstractmethod
    def find(cls) -> Path | None:
        """Return where the server is installed."""

    @classmethod
    @abstractmethod
    def version(cls, installed: Path) -> str:
        """Return the version of what is installed; empty if it does not say it."""

    @property
    @abstractmethod
    def url(self) -> str:
        """The URL for the units."""

    @abstractmethod
    def prepare(self, installed: Path) -> None:
        """Write the configuration, and create the data folder if there is none."""

    @abstractmethod
    def command(self, installed: Path) -> list[str]:
        """Return the command that runs the server in the foreground."""

    def environment(self, folder: Path) -> dict[str, str]:
        """Return the environment variables of the server in `folder`, besides inherited ones."""
        return {}

    @abstractmethod
    def problem(self) -> str | None:
        """Return why the server cannot be used yet; None if it can."""


def program(name: str, *folders: Path) -> Path | None:
    """Return the path of a program: the last in `folders` that has it, else on the PATH."""
    for folder in reversed(folders):
        if os.access(folder / name, os.X_OK):
            return folder / name
    return Path(found) if (found := shutil.which(name)) else None


def printed_version(*command: str | Path) -> str:
    """Return the first version that a command prints; empty if it prints none."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    found = re.search(r"[0-9]+(\.[0-9]+)+", done.stdout)
    return found[0] if found else ""
