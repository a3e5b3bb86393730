"""Lines on a stream: with colours where it is a terminal, plain text elsewhere.

Rich is imported only where colours are shown.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TextIO, TypeAlias

from meshgen.unicode import printable

Line: TypeAlias = list[tuple[str, str]]
"""Pairs of a style of Rich and a text; joined, the texts are the plain line."""

_LONGEST_PATH = 2000


def plain(line: Line) -> str:
    """The text of `line` without styles."""
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
    """`1 file`, `2 files`."""
    names = {"bffs": ("BFF", "BFFs")}
    one, many = names.get(plural, (plural.removesuffix("s"), plural))
    return f"{number} {one if number == 1 else many}"


def size(number: int) -> str:
    """A number of bytes, in kB from 1024 on."""
    return f"{number / 1024:.0f} kB" if number >= 1024 else f"{number} bytes"


def shown_path(path: str) -> str:
    """A path as it can be printed."""
    return printable(path, _LONGEST_PATH)
