"""Cleaning up after a transaction, or restoring the old tree."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from meshgen.errors import MeshgenError
from meshgen.filesystem.transaction import journal
from meshgen.filesystem.transaction.journal import WORK, Entry, Journal, Step, identity, no_step
from meshgen.filesystem.worktree import Worktree


@dataclass(frozen=True, slots=True)
class Recovered:
    """Whether the old tree was restored, and the files that were edited since and so left."""

    restored: bool = False
    left: tuple[str, ...] = ()


def refuse_interrupted(root: Path) -> None:
    """Raise MeshgenError if a run of meshgen was stopped half way and not yet recovered."""
    if journal.interrupted(root):
        raise MeshgenError(
            f"an update of {root} was interrupted: some of its files are new, others are not",
            hint="`meshgen update` restores them, and then updates the project",
        )


def recover(root: Path, step: Step = no_step) -> Recovered:
    """Finish or roll back a killed run of meshgen. The caller holds the lock.

    Raises:
        MeshgenError: The old tree cannot be restored, or was not left by meshgen.
    """
    journal.refuse_links(root)
    if not (root / WORK).exists():
        return Recovered()
    done = journal.read_done(root)
    if done is not None:
        tidy(root, done, step)
        return Recovered()
    return roll_back(root, step)


def roll_back(root: Path, step: Step = no_step) -> Recovered:
    """Restore the old tree, except for files that were edited since.

    Raises:
        MeshgenError: It cannot be restored, or the journal or a copy is not meshgen's.
    """
    written = journal.read(root)
    if written is not None:
        _verify(root, written)
    left: list[str] = []
    if written is not None:
        tree = Worktree(root)
        try:
            for entry in reversed(written.entries):
                step(f"restore {entry.path}")
                if not _restored(root, tree, entry):
                    left.append(entry.path)
        except OSError as error:
            raise MeshgenError(
                f"an update was interrupted, and the old files cannot be restored: "
                f"{error.strerror or error}",
                hint=f"they are in {WORK}; `meshgen update` tries again",
            ) from error
        for folder in reversed(written.folders):
            step(f"unmake {folder}")
            with suppress(OSError, MeshgenError):
                if tree.has_folder(folder):
                    (root / folder).rmdir()
    step("forget")
    shutil.rmtree(root / WORK, ignore_errors=True)
    return Recovered(written is not None, tuple(sorted(left)))


def tidy(root: Path, done: Journal, step: Step = no_step) -> None:
    """Remove the folders that became empty, and the work folder."""
    tree = Worktree(root)
    for entry in done.entries:
        if entry.after is None:
            step(f"tidy {entry.path}")
            with suppress(MeshgenError):
                if tree.has_folder(PurePosixPath(entry.path).parent.as_posix()):
                    _remove_empty(root, PurePosixPath(entry.path).parent)
    step("forget")
    shutil.rmtree(root / WORK, ignore_errors=True)


def _restored(root: Path, tree: Worktree, entry: Entry) -> bool:
    """Put the old content back, unless the path now holds something of the user's."""
    now = _now(tree, entry.path)
    if now == entry.before:
        return True
    if now != entry.after:
        return False
    if entry.old is None:
        (root / entry.path).unlink()
    else:
        (root / entry.path).parent.mkdir(parents=True, exist_ok=True)
        os.replace(root / WORK / entry.old, root / entry.path)
    return True


def _verify(root: Path, written: Journal) -> None:
    """Raise MeshgenError if a copy that is needed is not what the journal says it is."""
    tree = Worktree(root)
    for entry in written.entries:
        replaced = entry.after != entry.before and _now(tree, entry.path) == entry.after
        if entry.old and replaced and _now(tree, f"{WORK}/{entry.old}") != entry.before:
            raise journal.foreign(entry.old)


def _now(tree: Worktree, path: str) -> str | None:
    """The identity of what is there; "", which nothing has, for what is not a file."""
    try:
        return identity(tree.read(path))
    except MeshgenError:  # a folder, or behind a link
        return ""


def _remove_empty(root: Path, folder: PurePosixPath) -> None:
    """Remove `folder` and those above it, as long as nothing but compiled Python is in them."""
    while folder != PurePosixPath("."):
        place = root / folder
        with suppress(OSError):
            if os.listdir(place) == ["__pycache__"]:
                shutil.rmtree(place / "__pycache__")
            place.rmdir()
        if place.exists():
            return
        folder = folder.parent
