"""Namespaces of Linux: what the suite starts and mounts ends with it, whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_INSIDE = "FAULTS_NAMESPACE"


def enter() -> None:
    """Start this program again in namespaces of its own for processes and mounts.

    Only what it has started can be seen there, so nothing else can be signalled.
    """
    if os.environ.get(_INSIDE):
        return
    os.environ[_INSIDE] = "1"
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    unshare = ("unshare", *user, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    os.execvp("unshare", (*unshare, sys.executable, "-m", "tests.faults", *sys.argv[1:]))


def mount_disk(folder: Path, *, megabytes: int) -> None:
    """Give a folder a small disk of its own, which can be filled."""
    options = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "faults", str(folder)], check=True)
