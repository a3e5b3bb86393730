"""After a transaction: tidying up, or restoring the old tree."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File
from meshgen.filesystem.transaction import journal
from meshgen.filesystem.transaction.journal import WORK, Entry, Journal, Step, identity, no_step
from meshgen.filesystem.worktree import Worktree


@dataclass(frozen=True, slots=True)
class Recovered:
    """Whether the old tree was restored, and the files that were edited since and so left."""

    restored: bool = False
    left: tuple[str, ...] = ()


def recover(root: Path, step: Step = no_step) -> Recovered:
    """Finish what a killed run of meshgen left in the project in `root`. The caller holds the lock.

    Raises MeshgenError if the old tree cannot be restored.
    """
    if not (root / WORK).exists():
        return Recovered()
    done = journal.read_done(root)
    if done is not None:
        tidy(root, done, step)
        return Recovered()
    return roll_back(root, step)


def roll_back(root: Path, step: Step = no_step) -> Recovered:
    """Restore the old tree. What is there of it is left; so is a file that was edited since."""
    written = journal.read(root)
    left: list[str] = []
    if written is not None:
        try:
            tree = Worktree(root)
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
            with suppress(OSError):
                (root / folder).rmdir()
    step("forget")
    shutil.rmtree(root / WORK, ignore_errors=True)
    return Recovered(written is not None, tuple(sorted(left)))


def tidy(root: Path, done: Journal, step: Step = no_step) -> None:
    """Remove the folders that became empty, and the work folder."""
    for entry in done.entries:
        if entry.after is None:
            step(f"tidy {entry.path}")
            _remove_empty(root, PurePosixPath(entry.path).parent)
    step("forget")
    shutil.rmtree(root / WORK, ignore_errors=True)


def _restored(root: Path, tree: Worktree, entry: Entry) -> bool:
    """Put the old content back, unless the path now holds something of the user's."""
    now = identity(_seen(tree, entry.path))
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


def _seen(tree: Worktree, path: str) -> File | None:
    try:
        return tree.read(path)
    except MeshgenError:  # a folder or a link now: the user's
        return File(b"", link=True)


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
