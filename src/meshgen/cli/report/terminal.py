"""Lines on a stream: coloured on a terminal, plain text elsewhere.

Rich is imported only if it is needed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TextIO, TypeAlias

from meshgen.unicode import printable

Line: TypeAlias = list[tuple[str, str]]
"""Pairs of a Rich style and a text; the joined texts are the plain line."""

_LONGEST_PATH = 2000


def plain(line: Line) -> str:
    """Return the text of `line` without styles."""
    return "".join(text for _, text in line).rstrip()


def print_lines(lines: list[Line], stream: TextIO) -> None:
    """Write `lines` to `stream`."""
    if not stream.isatty():
        stream.write("".join(plain(line) + "\n" for line in lines))
        stream.flush()
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, soft_wrap=True, highlight=False)
    for line in lines:
        console.print(Text.assemble(*((text, style) for style, text in line)))


def print_json(document: Mapping[str, object]) -> None:
    """Write `document` to standard output."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    sys.stdout.flush()


def counted(number: int, plural: str) -> str:
    """Format a count, such as `1 file` or `2 files`."""
    names = {"bffs": ("BFF", "BFFs")}
    one, many = names.get(plural, (plural.removesuffix("s"), plural))
    return f"{number} {one if number == 1 else many}"


def size(number: int) -> str:
    """Format a number of bytes; from 1024 bytes on in kB."""
    return f"{number / 1024:.0f} kB" if number >= 1024 else f"{number} bytes"


def shown_path(path: str) -> str:
    """Escape and shorten a path for printing."""
    return printable(path, _LONGEST_PATH)
