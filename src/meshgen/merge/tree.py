"""The three-way merge of a whole project, path by path.

| base -> ours | base -> theirs | result |
|---|---|---|
| same | changed | theirs |
| changed | same | ours |
| changed | changed | merged; overlapping lines are marked, a conflict |
| deleted | changed | stays deleted, reported |
| edited | deleted | kept, a conflict |
| same | deleted | deleted |
| - | new, and a file is there | marked, a conflict |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from meshgen.filesystem.files import File, Files
from meshgen.merge.file import MergedFile, merge_added_file, merge_file, unedited
from meshgen.merge.identifiers import Names

UNCHANGED = Names()


class Outcome(Enum):
    """The result for a path."""

    CREATED = "created"
    UPDATED = "updated"
    MERGED = "merged"
    MOVED = "moved"
    DELETED = "deleted"
    LEFT_DELETED = "left deleted"
    KEPT = "kept"  # edited by the user, and no longer generated
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The merge result of one path.

    Attributes:
        path: The path in the new tree.
        outcome: What happens to it.
        file: Its new content, None if there is none.
        moved_from: The path that the file had before.
        conflicts: The lines, from 1, at which conflict markers start.
        beside: The generated version of a file that cannot be merged.
        base: The file as generated last.
        ours: The file in the working tree.
        theirs: The file as generated now.
    """

    path: str
    outcome: Outcome
    file: File | None
    moved_from: str | None = None
    conflicts: tuple[int, ...] = ()
    beside: File | None = None
    base: File | None = None
    ours: File | None = None
    theirs: File | None = None

    @property
    def open(self) -> bool:
        """Whether the change needs a decision by the user."""
        return self.outcome in (Outcome.CONFLICT, Outcome.KEPT)


def merge_trees(
    base: Files,
    ours: Files,
    theirs: Files,
    moved: Mapping[str, str] | None = None,
    names: Names = UNCHANGED,
) -> tuple[Change, ...]:
    """Merge two trees that come from `base`.

    Args:
        base: The files as generated last.
        ours: The files in the working tree.
        theirs: The files as generated now.
        moved: New paths in `theirs` with the paths of the same files in `base`; edits move along.
        names: Renamed identifiers. Edited code is merged as if written with the new names.

    Returns:
        The changes in the order of their paths; unchanged paths are left out.
    """
    moved = moved or {}
    left = set(moved.values())
    changes = []
    for path in sorted({*base, *theirs}):
        before = moved.get(path)
        if before is None and path in left and path not in theirs:
            continue  # goes with the file that moves
        if before is not None:
            change = _moved(path, before, base, ours, theirs, names)
        else:
            known = None if path in left else base.get(path)
            there = None if path in left else ours.get(path)
            change = _changed(path, known, there, theirs.get(path), names)
        if change is not None:
            changes.append(change)
    return tuple(changes)


def _changed(
    path: str, base: File | None, ours: File | None, theirs: File | None, names: Names
) -> Change | None:
    if base is None:
        return None if theirs is None else _new(path, ours, theirs)
    if theirs is None:
        return None if ours is None else _dropped(path, base, ours)
    if ours is None:
        if theirs == base:
            return None
        return Change(path=path, outcome=Outcome.LEFT_DELETED, file=None, base=base, theirs=theirs)
    merged = _merge(path, base, ours, theirs, names)
    if merged.file == ours and merged.clean:
        return None
    return _merged_change(path, base, theirs, merged, ours)


def _merge(path: str, base: File, ours: File, theirs: File, names: Names) -> MergedFile:
    return merge_file(path, names.applied(path, base), names.applied(path, ours), theirs)


def _new(path: str, ours: File | None, theirs: File) -> Change | None:
    if ours is None:
        return Change(path=path, outcome=Outcome.CREATED, file=theirs, theirs=theirs)
    merged = merge_added_file(ours, theirs)
    return None if merged.clean else _merged_change(path, None, theirs, merged, ours)


def _dropped(path: str, base: File, ours: File) -> Change:
    if unedited(path, base, ours):
        return Change(path=path, outcome=Outcome.DELETED, file=None, base=base, ours=ours)
    return Change(path=path, outcome=Outcome.KEPT, file=ours, base=base, ours=ours)


def _moved(
    path: str, before: str, base: Files, ours: Files, theirs: Files, names: Names
) -> Change | None:
    known, there, new = base[before], ours.get(before), theirs[path]
    if there is None:  # moved by hand already, or deleted
        return _changed(path, known, ours.get(path), new, names)
    merged = _merge(path, known, there, new, names)
    if (occupied := ours.get(path)) is not None and path not in base:
        if occupied == merged.file:
            merged = MergedFile(occupied)
        else:
            merged = MergedFile(occupied, beside=merged.file)
    return _merged_change(path, known, new, merged, there, moved_from=before)


def _merged_change(
    path: str,
    base: File | None,
    theirs: File,
    merged: MergedFile,
    ours: File,
    moved_from: str | None = None,
) -> Change:
    if not merged.clean:
        outcome = Outcome.CONFLICT
    elif moved_from:
        outcome = Outcome.MOVED
    else:
        outcome = Outcome.UPDATED if merged.file == theirs else Outcome.MERGED
    return Change(
        path=path,
        outcome=outcome,
        file=merged.file,
        moved_from=moved_from,
        conflicts=merged.conflicts,
        beside=merged.beside,
        base=base,
        ours=ours,
        theirs=theirs,
    )
