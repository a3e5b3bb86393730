"""Unresolved conflicts in a project, of an earlier update or another tool."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.filesystem.regular import content_of
from meshgen.merge import unresolved
from meshgen.project.base import Base

BESIDE = ".meshgen-new"
"""The suffix of the generated version of a file, written next to a file that cannot be merged."""

_SHOWN = 20


def refuse_unresolved(base: Base) -> None:
    """Raise MeshgenError if a conflict is left in a file that meshgen may have to merge again."""
    found = [place for path in _paths(base) for place in _conflicts(base.root, path)]
    if not found:
        return
    lines = [f"  {place}" for place in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"  and {len(found) - _SHOWN} more")
    raise MeshgenError(
        "\n".join(["there are unresolved conflicts of the last update", *lines]),
        hint="edit the files, or run `meshgen resolve --ours FILE` (or --theirs)",
    )


def conflicted(base: Base) -> tuple[str, ...]:
    """The files of a project that have conflicts."""
    return tuple(path for path in _paths(base) if any(_conflicts(base.root, path)))


def _paths(base: Base) -> Iterator[str]:
    yield base.state.spec_file
    for part in base.state.parts:
        yield from base.files(part)


def _conflicts(root: Path, path: str) -> Iterator[str]:
    """The places of conflicts in a file and beside it."""
    place = f"{root}/{path}"  # projects have thousands of files: avoid creating Path objects
    content = b""
    with suppress(OSError):
        if not os.path.islink(place):
            content = content_of(place)
    for line in unresolved(content):
        yield f"{path}:{line}"
    if os.path.exists(place + BESIDE):
        yield path + BESIDE
