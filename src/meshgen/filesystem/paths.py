"""Checks of the paths that meshgen reads and writes in a project."""

from __future__ import annotations

import re

_LONGEST = 1000
_GIT = re.compile(r"\.git|git~[0-9]+")  # git~1: what Windows calls `.git` by another name


def is_inside(path: str) -> bool:
    """Whether `path` is one of a project's own files on every system.

    Its parts are separated by `/`; it neither leaves the project nor goes into `.git`. Links are
    not looked at: that is for whoever opens it.
    """
    plain = path.isprintable() and not re.search(r'[\\:*?"<>|]', path)
    return plain and 0 < len(path) <= _LONGEST and all(map(_is_part, path.split("/")))


def _is_part(part: str) -> bool:
    """Whether a file or a folder can have this name; Windows drops dots and spaces at its end."""
    name = part.rstrip(". ")
    return bool(name) and name == part and not _GIT.fullmatch(name.lower())
