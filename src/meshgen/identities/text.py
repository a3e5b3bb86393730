"""`.meshgen/identities.yaml`: one line per element, so that branches merge line by line."""

from __future__ import annotations

import re
from itertools import pairwise

from meshgen.errors import MeshgenError
from meshgen.identities.table import KINDS, REACTIONS, Identities, Path

IDENTITIES = ".meshgen/identities.yaml"

_HEAD = """\
# What everything is called now, by the id that it has in stores, topics, groups and messages.
# `meshgen update` keeps it; commit it with the project. An id never changes. `~` is what is gone:
# its id is not given to anything else. `from: now` is a policy or a saga that was added after its
# event: it does not react to what happened before.
"""
_NAME = r"[A-Za-z][A-Za-z0-9_]{0,99}"
_SYSTEM = r"system/[a-z][a-z0-9-]{0,99}"
_PATH = rf"{_SYSTEM}|[a-z]+/{_NAME}(?:/[a-z]+/{_NAME})*"
_VALUE = rf"(?P<gone>~)|(?P<quote>\"?)(?P<name>{_NAME}|[a-z][a-z0-9-]*)(?P=quote)"
_LINE = re.compile(rf"(?P<path>{_PATH}): (?P<late>{{name: )?(?:{_VALUE})(?(late), from: now}})")
_NOT_TEXT = re.compile("null|true|false|yes|no|on|off|y|n", re.IGNORECASE)


def encoded(identities: Identities) -> bytes:
    """Return the content of the file, for `decoded`."""
    lines = (
        f"{'/'.join(path)}: {_value(name, path in identities.late)}\n"
        for path, name in sorted(identities.names.items())
    )
    return (_HEAD + "".join(lines)).encode()


def _value(name: str | None, late: bool) -> str:
    return f"{{name: {_text(name)}, from: now}}" if late else _text(name)


def _text(name: str | None) -> str:
    if name is None:
        return "~"
    return f'"{name}"' if _NOT_TEXT.fullmatch(name) else name


def decoded(data: bytes) -> Identities:
    """Parse the file. It may be edited or merged by hand, so every line is checked.

    Raises:
        MeshgenError: A line is invalid.
    """
    names: dict[Path, str | None] = {}
    late: set[Path] = set()
    where: dict[tuple[Path, str], int] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            conflict = line.startswith(("<<<<<<<", "=======", ">>>>>>>"))
            raise _wrong(number, "a merge was not finished" if conflict else "not `path: name`")
        path, name = tuple(found["path"].split("/")), found["name"]
        if not _is_known(path):
            raise _wrong(number, f"there is no `{'/'.join(path[::2])}`")
        if path in names:
            raise _wrong(number, f"`{found['path']}` is a duplicate")
        if name is not None and (first := where.setdefault((path[:-1], name), number)) != number:
            raise _wrong(number, f"`{name}` is the name of line {first}, too")
        if found["late"]:
            if path[-2] not in REACTIONS:
                raise _wrong(number, "only policies and sagas have `from`")
            late.add(path)
        names[path] = name
    return Identities(names, frozenset(late))


def _is_known(path: Path) -> bool:
    kinds = ("", *path[::2])
    return all(below in KINDS.get(kind, ()) for kind, below in pairwise(kinds))


def _wrong(line: int, what: str) -> MeshgenError:
    hint = "get the file back from version control, or put the line right; docs/evolution.md"
    return MeshgenError(f"{IDENTITIES}:{line}:1: {what}", hint)
