"""Conflict markers in a text: how they look, whether any are left, and how one side is taken.

They are git's, with the base (`merge.conflictStyle=diff3`), so editors and tools know them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from meshgen.merge.text import Text, text_of

_SIZE = 7
_RUN = re.compile(rb"<{7,}|\|{7,}|={7,}|>{7,}")


class Side(Enum):
    """A version inside a conflict; both: ours, then theirs."""

    OURS = "ours"
    BASE = "base"
    THEIRS = "theirs"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Labels:
    """The marker lines."""

    ours: bytes
    base: bytes
    split: bytes
    end: bytes

    @classmethod
    def of(cls, size: int = _SIZE) -> Labels:
        """The markers of that many characters."""
        return cls(
            b"<" * size + b" yours", b"|" * size + b" base", b"=" * size, b">" * size + b" meshgen"
        )

    @classmethod
    def for_lines(cls, *texts: Iterable[bytes]) -> Labels:
        """Markers longer than any line of the texts that looks like one."""
        runs = (found.end() for text in texts for line in text if (found := _RUN.match(line)))
        return cls.of(max(_SIZE, 1 + max(runs, default=0)))


@dataclass(frozen=True, slots=True)
class _Conflict:
    """Where the markers of a conflict are, as indexes of lines; `base` is None without one."""

    start: int
    base: int | None
    split: int
    end: int


def unresolved(content: bytes) -> tuple[int, ...]:
    """The numbers, from 1, of the lines at which an unresolved conflict begins.

    A conflict of any tool counts if it is whole; one of ours also if some markers were removed.
    """
    if not _RUN.search(content) or (text := text_of(content)) is None:
        return ()
    found = list(_conflicts(text))
    inside = {index for c in found for index in range(c.start, c.end + 1)}
    odd = [i for i, line in enumerate(text.lines) if i not in inside and _is_ours(line)]
    return tuple(sorted(index + 1 for index in (*(c.start for c in found), *odd)))


def take(content: bytes, side: Side) -> bytes:
    """Return `content` with each conflict replaced by one of its sides.

    A conflict without a base part has an empty base.
    """
    text = text_of(content)
    if text is None:
        return content
    lines: list[bytes] = []
    at = 0
    for found in _conflicts(text):
        lines += text.lines[at : found.start]
        for part in _parts(found, side):
            lines += text.lines[part]
        at = found.end + 1
    lines += text.lines[at:]
    return Text(lines=lines, crlf=text.crlf, bom=text.bom, ended=text.ended).encoded()


def _parts(found: _Conflict, side: Side) -> Iterator[slice]:
    middle = found.split if found.base is None else found.base
    if side in (Side.OURS, Side.BOTH):
        yield slice(found.start + 1, middle)
    if side is Side.BASE:
        yield slice(middle + 1, found.split)
    if side in (Side.THEIRS, Side.BOTH):
        yield slice(found.split + 1, found.end)


def _conflicts(text: Text) -> Iterator[_Conflict]:
    """The whole conflicts, in order."""
    index = 0
    while index < len(text.lines):
        found = _conflict_at(text, index)
        if found:
            yield found
        index = found.end + 1 if found else index + 1


def _conflict_at(text: Text, start: int) -> _Conflict | None:
    size = _marker(text.lines[start], b"<")
    if not size:
        return None
    base = split = None
    for index in range(start + 1, len(text.lines)):
        line = text.lines[index]
        if split is None and base is None and _marker(line, b"|") == size:
            base = index
        elif split is None and line.rstrip(b"\r") == b"=" * size:
            split = index
        elif split is not None and _marker(line, b">") == size:
            return _Conflict(start, base, split, index)
        elif _marker(line, b"<") == size:
            return None
    return None


def _marker(line: bytes, character: bytes) -> int:
    """The length of the marker that `line` is, 0 if it is none."""
    run = len(line) - len(line.lstrip(character))
    return run if run >= _SIZE and line[run : run + 1] == b" " else 0


def _is_ours(line: bytes) -> bool:
    line = line.rstrip(b"\r")
    for character, label in ((b"<", b" yours"), (b"|", b" base"), (b">", b" meshgen")):
        if line.endswith(label) and _marker(line, character) == len(line) - len(label):
            return True
    return False
