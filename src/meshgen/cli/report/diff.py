"""Edits of a project as a unified diff, in the format of git."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from meshgen.cli.report.terminal import Line
from meshgen.filesystem.files import File
from meshgen.filesystem.transaction import Edit
from meshgen.merge.text import text_of
from meshgen.project.state import FOLDER
from meshgen.unicode import printable

if TYPE_CHECKING:
    from meshgen.operations.update import Update

_LONGEST = 2000  # characters per line


def diff_lines(update: Update) -> list[Line]:
    """Return what an update would change, as lines of a unified diff."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    lines: list[Line] = []
    for edit in visible_edits(update):
        for line in unified_diff(edit):
            text = printable(line.rstrip("\n").expandtabs(4), _LONGEST)
            bold = line.startswith(("---", "+++", "diff "))
            lines.append([("bold" if bold else styles.get(line[0], ""), text)])
    return lines


def visible_edits(update: Update) -> list[Edit]:
    """Return the edits of files outside `.meshgen/`."""
    return [edit for edit in update.edits if not edit.path.startswith(f"{FOLDER}/")]


def unified_diff(edit: Edit) -> Iterator[str]:
    """Yield the lines of an edit as a unified diff, including line breaks."""
    before, after = edit.before, edit.after
    yield f"diff --git a/{edit.path} b/{edit.path}\n"
    if before is None and after is not None:
        yield f"new file mode {_mode(after)}\n"
    elif before is not None and after is None:
        yield f"deleted file mode {_mode(before)}\n"
    elif before is not None and after is not None and before.executable != after.executable:
        yield f"old mode {_mode(before)}\n"
        yield f"new mode {_mode(after)}\n"
    old, new = (text_of(file.content) if file else text_of(b"") for file in (before, after))
    if old is None or new is None:
        yield f"Binary files a/{edit.path} and b/{edit.path} differ\n"
        return
    names = (
        f"a/{edit.path}" if before else "/dev/null",
        f"b/{edit.path}" if after else "/dev/null",
    )
    for line in difflib.unified_diff(_decoded(before), _decoded(after), *names):
        yield line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"


def _decoded(file: File | None) -> list[str]:
    text = file.content.decode("utf-8", "replace") if file else ""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _mode(file: File) -> str:
    return "100755" if file.executable else "100644"
