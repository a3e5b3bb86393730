"""Carrying out edits as one transaction."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File
from meshgen.filesystem.transaction import journal
from meshgen.filesystem.transaction.journal import (
    WORK,
    Edit,
    Entry,
    Journal,
    Step,
    identity,
    no_step,
)
from meshgen.filesystem.transaction.recovery import roll_back, tidy
from meshgen.filesystem.worktree import Worktree


def apply(root: Path, edits: Sequence[Edit], step: Step = no_step) -> None:
    """Carry out `edits` in the project in `root`, all or none. The caller holds the lock.

    `step` is called before every change of the disk. Raises MeshgenError, with the old tree in
    its place, if a file is not what `before` says, or if the disk refuses.
    """
    if not edits:
        return
    journal.refuse_links(root)
    try:
        step("begin")
        shutil.rmtree(root / WORK, ignore_errors=True)
        (root / WORK).mkdir(parents=True)
        entries = [_staged(root, number, edit, step) for number, edit in enumerate(edits)]
        written = Journal(entries, _missing_folders(root, edits))
        step("journal")
        journal.write(root, written)
        _verify(root, edits)
        _replace(root, written, step)
        step("commit")
        journal.commit(root)
    except BaseException as error:
        roll_back(root)
        if isinstance(error, OSError):
            raise MeshgenError(
                f"the project cannot be written: {error.strerror or error}",
                hint="nothing was changed",
            ) from error
        raise
    tidy(root, written, step)


def _staged(root: Path, number: int, edit: Edit, step: Step) -> Entry:
    """Put the new content, and a link to the old one, into the work folder."""
    work = root / WORK
    old = new = None
    if edit.after is not None:
        Worktree(root).refuse_blocked(edit.path)
        new = f"{number}.new"
        step(f"stage {edit.path}")
        (work / new).write_bytes(edit.after.content)
        (work / new).chmod(_mode(root, edit, edit.after))
    if edit.before is not None:
        old = f"{number}.old"
        step(f"keep {edit.path}")
        _link(root / edit.path, work / old)
    return Entry(
        path=edit.path,
        before=identity(edit.before),
        after=identity(edit.after),
        old=old,
        new=new,
    )


def _mode(root: Path, edit: Edit, after: File) -> int:
    """The permissions of a new content: those of the old one, but for the right to run it."""
    try:
        mode = (root / (edit.moved_from or edit.path)).stat().st_mode & 0o777
    except FileNotFoundError:
        mode = 0o644
    readers = (mode & 0o444) >> 2
    return mode | readers if after.executable else mode & ~0o111


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without hard links
        shutil.copy2(source, target, follow_symlinks=False)


def _missing_folders(root: Path, edits: Sequence[Edit]) -> list[str]:
    """The folders that the edits need and that are not there, outer ones first."""
    needed = {
        parent.as_posix()
        for edit in edits
        if edit.after is not None
        for parent in PurePosixPath(edit.path).parents
    }
    return sorted(folder for folder in needed if not (root / folder).exists())


def _verify(root: Path, edits: Sequence[Edit]) -> None:
    """Raise MeshgenError if a file was changed since it was read."""
    tree = Worktree(root)
    for edit in edits:
        if tree.read(edit.path) != edit.before:
            raise MeshgenError(
                f"{edit.path} was changed while meshgen was running",
                hint="nothing was written; run it again",
            )


def _replace(root: Path, written: Journal, step: Step) -> None:
    for folder in written.folders:
        step(f"make {folder}")
        (root / folder).mkdir()
    for entry in written.entries:
        if entry.new is not None:
            step(f"replace {entry.path}")
            os.replace(root / WORK / entry.new, root / entry.path)
        else:
            step(f"remove {entry.path}")
            (root / entry.path).unlink()
