"""Servers from the packages of Debian and Ubuntu."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.server import INSTALLED, settle

_POLICY = Path("/usr/sbin/policy-rc.d")
_NO_SERVICES = "#!/bin/sh\nexit 101\n"


def install(*packages: str) -> None:
    """Install packages on this machine, without starting services; only root can."""
    names = " ".join(packages)
    assert os.geteuid() == 0, f"these tests need {names}: `sudo apt-get install {names}`"
    with _without_services():
        _apt("install", "--yes", "--no-install-recommends", *packages)


def unpacked(name: str, *packages: str) -> Path:
    """Return the folder that packages are unpacked to; nothing is installed on this machine."""
    target = INSTALLED / name
    if not target.exists():
        partial = target.with_name(f"{name}.{os.getpid()}")
        partial.mkdir(parents=True)
        _apt("download", *packages, cwd=partial)
        for package in partial.glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", str(package), str(partial)], check=True)
            package.unlink()
        settle(partial, target)
    return target


def _apt(*arguments: str, cwd: Path | None = None) -> None:
    """Run apt-get; again with new lists of packages if it does not find one."""
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", *arguments]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        subprocess.run(["apt-get", "-qq", "update"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, check=True)


@contextmanager
def _without_services() -> Iterator[None]:
    """Let packages start no services, which they would on a machine with an init system."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text(_NO_SERVICES)
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
