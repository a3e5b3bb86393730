"""`.meshgen/identities.yaml`: a line for each thing, so that branches merge line by line."""

from __future__ import annotations

import re
from itertools import pairwise

from meshgen.errors import MeshgenError
from meshgen.identities.table import KINDS, Identities, Path

IDENTITIES = ".meshgen/identities.yaml"

_HEAD = """\
# What everything is called now, by the id that it has in stores, topics, groups and messages.
# `meshgen update` keeps it; commit it with the project. An id never changes. `~` is what is gone:
# its id is not given to anything else.
"""
_NAME = r"[A-Za-z][A-Za-z0-9_]{0,99}"
_SYSTEM = r"system/[a-z][a-z0-9-]{0,99}"
_LINE = re.compile(
    rf"({_SYSTEM}|[a-z]+/{_NAME}(?:/[a-z]+/{_NAME})*): (?:(~)|(\"?)({_NAME}|[a-z][a-z0-9-]*)\3)"
)
_NOT_TEXT = re.compile("null|true|false|yes|no|on|off|y|n", re.IGNORECASE)


def encoded(identities: Identities) -> bytes:
    """The bytes of the file, for `decoded`."""
    lines = (
        f"{'/'.join(path)}: {_value(name)}\n" for path, name in sorted(identities.names.items())
    )
    return (_HEAD + "".join(lines)).encode()


def _value(name: str | None) -> str:
    if name is None:
        return "~"
    return f'"{name}"' if _NOT_TEXT.fullmatch(name) else name


def decoded(data: bytes) -> Identities:
    """Read the file. It belongs to whoever last merged it, so every line is checked.

    Raises MeshgenError for the first line that is wrong.
    """
    names: dict[Path, str | None] = {}
    where: dict[tuple[Path, str], int] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            conflict = line.startswith(("<<<<<<<", "=======", ">>>>>>>"))
            raise _wrong(number, "a merge was not finished" if conflict else "not `path: name`")
        path, name = tuple(found[1].split("/")), None if found[2] else found[4]
        if not _is_known(path):
            raise _wrong(number, f"there is no `{'/'.join(path[::2])}`")
        if path in names:
            raise _wrong(number, f"`{found[1]}` is here a second time")
        if name is not None and (first := where.setdefault((path[:-1], name), number)) != number:
            raise _wrong(number, f"`{name}` is the name of line {first}, too")
        names[path] = name
    return Identities(names)


def _is_known(path: Path) -> bool:
    kinds = ("", *path[::2])
    return all(below in KINDS.get(kind, ()) for kind, below in pairwise(kinds))


def _wrong(line: int, what: str) -> MeshgenError:
    hint = "get the file back from version control, or put the line right; docs/evolution.md"
    return MeshgenError(f"{IDENTITIES}:{line}:1: {what}", hint)
