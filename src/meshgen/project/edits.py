"""What an update writes: the merged files, the spec, and the new base."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File
from meshgen.filesystem.transaction import Edit
from meshgen.filesystem.worktree import Worktree
from meshgen.merge import Change, Outcome
from meshgen.project.base import Base, Rendering
from meshgen.project.conflicts import BESIDE
from meshgen.project.state import FOLDER, archive_path
from meshgen.spec.yaml.load import read_bytes


def file_edits(changes: tuple[Change, ...], tree: Worktree) -> Iterator[Edit]:
    """What is written for `changes`."""
    after: dict[str, File | None] = {c.moved_from: None for c in changes if c.moved_from}
    origin = {}
    for change in changes:
        if change.outcome in (Outcome.LEFT_DELETED, Outcome.KEPT):
            continue
        after[change.path] = change.file
        if change.moved_from:
            origin[change.path] = change.moved_from
        if change.beside is not None:
            after[change.path + BESIDE] = change.beside
    for path, file in sorted(after.items()):
        before = tree.read(path)
        if before != file:
            yield Edit(path=path, before=before, after=file, moved_from=origin.get(path))


def spec_edits(root: Path, base: Base, path: str, spec: bytes) -> Iterator[Edit]:
    """What is written so that the project's spec is `spec`, under the name that it gives."""
    tree = Worktree(root)
    there = read_bytes(root / path) if (root / path).is_file() else None
    if path != base.state.spec_file and there not in (None, spec):
        raise MeshgenError(
            f"{path} is where the spec belongs, but another file is there",
            hint="move that file, or change the `name` of the system",
        )
    if there != spec:
        before = tree.read(path)
        if before and before.link:
            raise MeshgenError(f"{path} is a symbolic link", hint="change the file it points to")
        yield Edit(path=path, before=before, after=File(spec, bool(before and before.executable)))
    if path != base.state.spec_file and (left := tree.read(base.state.spec_file)):
        yield Edit(path=base.state.spec_file, before=left, after=None)


def base_edits(base: Base, tree: Worktree, rendering: Rendering) -> Iterator[Edit]:
    """What is written so that `rendering` is the project's base."""
    for part in sorted(base.state.parts.keys() - rendering.fingerprints.keys()):
        path = archive_path(part)
        yield Edit(path=path, before=tree.read(path), after=None)
    for path, file in sorted(rendering.base_files(base.state.parts).items()):
        before = tree.read(path)
        fixed = path.startswith(f"{FOLDER}/.git")
        if before is None or (before.content != file.content and not fixed):
            yield Edit(path=path, before=before, after=file)
