"""The functions that run in the server.

Their names have a hash of their source, so each release calls its own, and several of them run side
by side.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

_PARTS = ("encoding", "schema", "write", "read", "find", "register")


@dataclass(frozen=True, slots=True)
class Library:
    """A library of functions.

    Attributes:
        source: What `FUNCTION LOAD` gets.
        version: The end of the name of each function.
    """

    source: str
    version: str


def library() -> Library:
    """Read the library, which is in files beside this one."""
    folder = files("chassis.store.redis")
    code = "\n".join(folder.joinpath(f"{part}.lua").read_text("utf-8") for part in _PARTS)
    version = hashlib.sha256(code.encode()).hexdigest()[:12]
    header = f'#!lua name=chassis_{version}\nlocal VERSION = "{version}"\n'
    return Library(header + code, version)
