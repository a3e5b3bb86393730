"""`meshgen resolve`: take one side of the conflicts in files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File
from meshgen.filesystem.transaction import Edit, apply, locked, recover
from meshgen.filesystem.worktree import Worktree
from meshgen.merge import Side, take, unresolved
from meshgen.project.base import read_base
from meshgen.project.conflicts import BESIDE, conflicted
from meshgen.project.state import FOLDER


def resolve_conflicts(root: Path, files: Sequence[Path], side: Side) -> tuple[str, ...]:
    """Resolve the conflicts in `files`, in all files of the project if none is named.

    Returns:
        The resolved files, relative to `root`.

    Raises:
        MeshgenError: A file has no conflict, or incomplete markers; nothing was written.
    """
    with locked(root / FOLDER):
        recover(root)
        paths = [_inside(root, file) for file in files] or list(conflicted(read_base(root)))
        tree = Worktree(root)
        apply(root, [edit for path in paths for edit in _resolved(tree, path, side)])
    return tuple(paths)


def _inside(root: Path, file: Path) -> str:
    """Return the path of `file` relative to `root`, without the suffix of a version beside it."""
    try:
        path = (file.parent.resolve() / file.name).relative_to(root.resolve()).as_posix()
    except ValueError:
        raise MeshgenError(f"{file} is not in the project {root}") from None
    return path.removesuffix(BESIDE)


def _resolved(tree: Worktree, path: str, side: Side) -> Iterator[Edit]:
    file, beside = tree.read(path), tree.read(path + BESIDE)
    if beside is not None:
        yield from _chosen(path, file, beside, side)
        return
    lines = unresolved(file.content) if file else ()
    if file is None or not lines:
        raise MeshgenError(f"{path} has no conflict")
    after = replace(file, content=take(file.content, side))
    if left := unresolved(after.content):
        raise MeshgenError(
            f"{path}:{left[0]}: the conflict markers are incomplete",
            hint="resolve it in an editor",
        )
    yield Edit(path=path, before=file, after=after)


def _chosen(path: str, file: File | None, beside: File, side: Side) -> Iterator[Edit]:
    """Take one of two whole files: the one in place, or the generated one beside it."""
    if side in (Side.BASE, Side.BOTH):
        raise MeshgenError(f"{path} cannot be merged: take --ours or --theirs")
    if side is Side.THEIRS:
        if file is not None and file.link:
            raise MeshgenError(f"{path} is a symbolic link", hint="replace it by hand")
        yield Edit(path=path, before=file, after=beside)
    yield Edit(path=path + BESIDE, before=beside, after=None)
