"""Reports of `meshgen update` and `diff`: what changed, and what needs a decision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from meshgen.cli.report.diff import unified_diff, visible_edits
from meshgen.cli.report.findings import finding_documents, finding_lines
from meshgen.cli.report.terminal import Line, shown_path
from meshgen.merge import Change, Outcome
from meshgen.project.conflicts import BESIDE
from meshgen.project.render_cache import RENDER_CACHE
from meshgen.project.state import FOLDER

if TYPE_CHECKING:
    from meshgen.operations.update import Update

_SHOWN = 20  # files per outcome
_STYLES = {
    Outcome.CREATED: "green",
    Outcome.UPDATED: "green",
    Outcome.MERGED: "green",
    Outcome.MOVED: "green",
    Outcome.DELETED: "yellow",
    Outcome.LEFT_DELETED: "yellow",
}


def update_lines(update: Update) -> list[Line]:
    """Describe what an update did, or would do, as lines."""
    lines: list[Line] = []
    if update.recovered.restored:
        lines.append([("yellow", "an interrupted update was rolled back")])
        lines += [
            [("", f"  not rolled back, since you edited it: {path}")]
            for path in update.recovered.left
        ]
    lines += loss_lines(update)
    lines.append([*_head(update)])
    lines += notice_lines(update)
    for outcome, style in _STYLES.items():
        lines += _listed([c for c in update.changes if c.outcome is outcome], style)
    if update.left:
        lines.append([("yellow", "your own files remain in folders that are no longer generated:")])
        lines += [[("", f"  {shown_path(path)}")] for path in update.left[:_SHOWN]]
    if update.undecided:
        lines.append([("bold red", "needs a decision:")])
        lines += [
            [("", f"  {shown_path(place)}: "), ("", why)] for place, why in _undecided(update)
        ]
    return lines


def loss_lines(update: Update) -> list[Line]:
    """List the changes that are incompatible with stored data, as lines."""
    error = update.losses
    if error is None:
        return []
    noun = "changes" if len(error.findings) != 1 else "change"
    head: Line = [("bold red", f"{noun} incompatible with stored data:")]
    return [head, *(line for found in error.findings for line in finding_lines(error, found))]


def notice_lines(update: Update) -> list[Line]:
    """Say what new policies and sagas do about past events, one line each."""
    return [
        [
            ("", f"  {shown_path(update.spec_file)}:{found.at.line}:{found.at.column}: "),
            ("yellow", "; ".join(part for part in (found.message, found.hint) if part)),
        ]
        for found in update.notices
    ]


def update_document(update: Update, with_diffs: bool = False) -> dict[str, object]:
    """Return the update as a JSON document."""
    diffs = (
        {edit.path: "".join(unified_diff(edit)) for edit in visible_edits(update)}
        if with_diffs
        else {}
    )
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
        "data_loss": finding_documents(update.losses.findings) if update.losses else [],
        "notices": finding_documents(update.notices),
        "restored": update.recovered.restored,
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
        origin = f" (from {shown_path(change.moved_from)})" if change.moved_from else ""
        yield [(style, f"  {change.outcome.value:<12} "), ("", shown_path(change.path) + origin)]
    if len(changes) > _SHOWN:
        yield [(style, f"  {changes[0].outcome.value:<12} "), ("", f"{len(changes) - _SHOWN} more")]


def _undecided(update: Update) -> Iterator[tuple[str, str]]:
    for change in update.undecided:
        for line in change.conflicts:
            yield f"{change.path}:{line}", "your lines and the generated lines overlap"
        if change.beside is not None:
            yield (
                change.path,
                f"cannot be merged; the generated version is in {change.path}{BESIDE}",
            )
        if change.outcome is Outcome.KEPT:
            yield change.path, "no longer generated, but you edited it: keep it or delete it"


def _base_changes(update: Update) -> int:
    paths = [edit.path for edit in update.edits if edit.path != RENDER_CACHE]
    return sum(path.startswith(f"{FOLDER}/") for path in paths)
