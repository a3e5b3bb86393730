"""A text as its lines and, apart from them, how they are stored.

Line endings, a byte order mark and a newline at the end are merged like a file's mode: each by
itself. So a project that is checked out with CRLF still takes every change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

_BOM = b"\xef\xbb\xbf"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The lines of a text without their endings, and how they are stored.

    Attributes:
        lines: The lines without line breaks.
        crlf: Whether every line ends with CRLF; otherwise a carriage return is content.
        bom: Whether the text starts with a byte order mark.
        ended: Whether the last line ends with a line break.
    """

    lines: Sequence[bytes]
    crlf: bool = False
    bom: bool = False
    ended: bool = True

    def encoded(self) -> bytes:
        """The bytes of the file."""
        newline = b"\r\n" if self.crlf else b"\n"
        body = newline.join(self.lines)
        if self.lines and self.ended:
            body += newline
        return _BOM + body if self.bom else body


def text_of(content: bytes) -> Text | None:
    """The text in `content`; None for binary content, which is what holds a zero byte."""
    if b"\0" in content:
        return None
    bom = content.startswith(_BOM)
    body = content[len(_BOM) :] if bom else content
    newlines = body.count(b"\n")
    crlf = newlines > 0 and body.count(b"\r\n") == newlines
    lines = body.split(b"\r\n" if crlf else b"\n")
    ended = not lines[-1]
    if ended:
        lines.pop()
    return Text(lines=lines, crlf=crlf, bom=bom, ended=ended)


def picked(base: _T, ours: _T, theirs: _T) -> _T:
    """The three-way merge of a value that has no parts; when both changed it, ours stands."""
    return theirs if ours == base else ours
