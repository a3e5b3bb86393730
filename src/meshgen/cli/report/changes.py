"""Updates in words: what changed, what was merged, and what needs a decision."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from meshgen.filesystem.files import File
from meshgen.filesystem.transaction import Edit
from meshgen.merge import Change, Outcome
from meshgen.merge.text import text_of
from meshgen.project.conflicts import BESIDE
from meshgen.project.render_cache import MEMO
from meshgen.project.state import FOLDER
from meshgen.spec.wording import printable

if TYPE_CHECKING:
    from meshgen.operations.adopt import Adoption
    from meshgen.operations.update import Update

Line = list[tuple[str, str]]

_SHOWN = 20  # files of a kind
_LONGEST = 2000  # characters of a line of a diff
_STYLES = {
    Outcome.CREATED: "green",
    Outcome.UPDATED: "green",
    Outcome.MERGED: "green",
    Outcome.MOVED: "green",
    Outcome.DELETED: "yellow",
    Outcome.LEFT_DELETED: "yellow",
}


def lines_of(update: Update) -> list[Line]:
    """What an update did, or would do."""
    lines: list[Line] = []
    if update.recovered.restored:
        lines.append([("yellow", "an update that was interrupted was taken back")])
        lines += [[("", f"  left as you edited it: {path}")] for path in update.recovered.left]
    lines.append([*_head(update)])
    for outcome, style in _STYLES.items():
        lines += _listed([c for c in update.changes if c.outcome is outcome], style)
    if update.left:
        lines.append([("yellow", "yours stay where they are, in folders that are gone otherwise:")])
        lines += [[("", f"  {_path(path)}")] for path in update.left[:_SHOWN]]
    if update.undecided:
        lines.append([("bold red", "to decide:")])
        lines += [[("", f"  {_path(place)}: "), ("", why)] for place, why in _undecided(update)]
    return lines


def document_of(update: Update, with_diffs: bool = False) -> dict[str, object]:
    """The same for a program."""
    diffs = {edit.path: "".join(_diff(edit)) for edit in _visible(update)} if with_diffs else {}
    changes = [
        {
            "path": change.path,
            "outcome": change.outcome.value,
            **({"moved_from": change.moved_from} if change.moved_from else {}),
            **({"conflicts": list(change.conflicts)} if change.conflicts else {}),
            **({"beside": change.path + BESIDE} if change.beside else {}),
            **({"diff": diffs[change.path]} if change.path in diffs else {}),
        }
        for change in update.changes
    ]
    return {
        "ok": not update.undecided,
        "project": str(update.root),
        "written": update.written,
        "nothing_to_do": update.nothing,
        "undecided": len(update.undecided),
        "base_changes": _base_changes(update),
        "changes": changes,
        "rendered": list(update.rendered),
        "left": list(update.left),
        "restored": update.recovered.restored,
    }


def diff_lines(update: Update) -> list[Line]:
    """What an update would do, as a unified diff."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    lines: list[Line] = []
    for edit in _visible(update):
        for line in _diff(edit):
            text = printable(line.rstrip("\n").expandtabs(4), _LONGEST)
            bold = line.startswith(("---", "+++", "diff "))
            lines.append([("bold" if bold else styles.get(line[0], ""), text)])
    return lines or ([] if update.nothing else lines_of(update))


def adoption_lines(adoption: Adoption) -> list[Line]:
    """How far a project is from what is generated for its spec."""
    edited, missing = adoption.edited, adoption.missing
    head = f" {adoption.root} has a base now: {adoption.same} files are as generated"
    lines: list[Line] = [[("green", "ok"), ("", head)]]
    if edited:
        lines.append([("", f"{len(edited)} differ; the difference counts as yours:")])
        rows = [
            f"  {_path(path)}  +{added} -{removed}" for path, (added, removed) in edited.items()
        ]
        lines += [[("", row)] for row in rows]
    if missing:
        lines.append([("", f"{len(missing)} are not there; an update leaves them so:")])
        lines += [[("", f"  {_path(path)}")] for path in missing]
        lines.append([("cyan", "hint: "), ("", "--add-missing has the next update add them")])
    return lines


def adoption_document(adoption: Adoption) -> dict[str, object]:
    """The same for a program."""
    edited = [
        {"path": path, "added": added, "removed": removed}
        for path, (added, removed) in adoption.edited.items()
    ]
    return {
        "project": str(adoption.root),
        "spec": adoption.spec_file,
        "same": adoption.same,
        "edited": edited,
        "missing": list(adoption.missing),
    }


def _head(update: Update) -> Iterator[tuple[str, str]]:
    if update.nothing:
        yield from (("green", "ok"), ("", " nothing to do: the project is up to date"))
        return
    counts = [
        f"{number} {outcome.value}"
        for outcome in (*_STYLES, Outcome.KEPT, Outcome.CONFLICT)
        if (number := sum(change.outcome is outcome for change in update.changes))
    ]
    yield ("bold red", "conflicts") if update.undecided else ("green", "ok")
    verb = " updated: " if update.written else " to update: "
    yield "", verb + (", ".join(counts) or f"only what is in {FOLDER}/")


def _listed(changes: list[Change], style: str) -> Iterator[Line]:
    for change in changes[:_SHOWN]:
        came = f" (from {_path(change.moved_from)})" if change.moved_from else ""
        yield [(style, f"  {change.outcome.value:<12} "), ("", _path(change.path) + came)]
    if len(changes) > _SHOWN:
        yield [(style, f"  {changes[0].outcome.value:<12} "), ("", f"{len(changes) - _SHOWN} more")]


def _undecided(update: Update) -> Iterator[tuple[str, str]]:
    for change in update.undecided:
        for line in change.conflicts:
            yield f"{change.path}:{line}", "your lines and meshgen's are at the same place"
        if change.beside is not None:
            yield change.path, f"cannot be merged; meshgen's version is {change.path}{BESIDE}"
        if change.outcome is Outcome.KEPT:
            yield change.path, "no longer generated, but you edited it: kept, delete it or keep it"


def _visible(update: Update) -> list[Edit]:
    """The edits of files that people read."""
    return [edit for edit in update.edits if not edit.path.startswith(f"{FOLDER}/")]


def _base_changes(update: Update) -> int:
    paths = [edit.path for edit in update.edits if edit.path != MEMO]
    return sum(path.startswith(f"{FOLDER}/") for path in paths)


def _diff(edit: Edit) -> Iterator[str]:
    """An edit as a unified diff, in git's words."""
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


def _path(path: str) -> str:
    return printable(path, _LONGEST)
