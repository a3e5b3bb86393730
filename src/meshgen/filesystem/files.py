"""The content of a path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """A file's bytes and whether it can be run; of a symbolic link the content is its target."""

    content: bytes
    executable: bool = False
    link: bool = False


Files = Mapping[str, File]
"""Files by their path below the project's root, with `/` between the parts."""
