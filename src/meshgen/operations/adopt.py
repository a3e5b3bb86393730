"""`meshgen adopt`: create the base of a project that has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File, Files
from meshgen.filesystem.transaction import Edit, apply, locked, recover
from meshgen.filesystem.worktree import Worktree
from meshgen.merge.file import unedited
from meshgen.merge.matching import hunks
from meshgen.merge.text import text_of
from meshgen.operations.generate import generate
from meshgen.output.overlays import OVERLAYS, read_overlays
from meshgen.progress import Progress, silent
from meshgen.project.base import Rendering, read_identities
from meshgen.project.locate import lone_spec
from meshgen.project.render_cache import RENDER_CACHE
from meshgen.project.state import FOLDER, STATE
from meshgen.spec.yaml.load import read_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """How a project differs from what meshgen generates for its spec.

    Attributes:
        root: The project folder.
        spec_file: The spec, relative to `root`.
        same: The number of files that match the generated ones.
        edited: The files that differ, with the numbers of added and removed lines (both 0 for
            binary files).
        missing: Generated files that do not exist.
    """

    root: Path
    spec_file: str
    same: int
    edited: Mapping[str, tuple[int, int]]
    missing: tuple[str, ...]


def adopt(
    root: Path,
    spec: Path | None = None,
    *,
    replace_base: bool = False,
    add_missing: bool = False,
    progress: Progress = silent,
) -> Adoption:
    """Create the base of the project in `root`, as if meshgen had just generated it.

    Differences are treated as the user's edits. Only `.meshgen/` is written, and the spec if the
    project has none.

    Args:
        root: The project folder.
        spec: The spec file; by default the one in the project.
        replace_base: Whether to replace an existing base.
        add_missing: Whether the next update adds missing files; otherwise they are treated as
            deleted by the user.
        progress: Called for every stage.

    Raises:
        SpecError: The spec has findings.
        MeshgenError: There is a base already, or no spec.
    """
    if (root / STATE).exists() and not replace_base:
        raise MeshgenError(f"{root} already has a base", hint="pass --replace to replace it")
    path = spec or lone_spec(root)
    text = read_bytes(path)
    overlays = read_overlays(root / OVERLAYS)
    identities = read_identities(root)
    rendering = generate(str(path), text, progress, overlays=overlays, identities=identities)
    (root / FOLDER).mkdir(exist_ok=True)
    with locked(root / FOLDER):
        recover(root)
        tree = Worktree(root)
        pristine = {p: file for of_part in rendering.files.values() for p, file in of_part.items()}
        adoption = _compared(root, rendering.spec_file, pristine, tree)
        edits = [_spec_edit(tree, rendering.spec_file, text)]
        files = _base(rendering, adoption.missing if add_missing else ())
        edits += [Edit(path=p, before=tree.read(p), after=file) for p, file in files.items()]
        stale = sorted(set(_archives(root)) - files.keys())
        edits += [Edit(path=p, before=tree.read(p), after=None) for p in stale]
        apply(root, [edit for edit in edits if edit.before != edit.after])
    return adoption


def _spec_edit(tree: Worktree, path: str, text: bytes) -> Edit:
    there = tree.read(path)
    if there is not None and there.content != text:
        raise MeshgenError(
            f"{path} is where the spec belongs, but another file is there",
            hint="move that file, or change the `name` of the system",
        )
    return Edit(path=path, before=there, after=there or File(text))


def _archives(root: Path) -> Iterator[str]:
    """Yield the paths of the existing archives of pristine files."""
    for path in (root / FOLDER / "base").rglob("*.tar.gz"):
        yield path.relative_to(root).as_posix()


def _compared(root: Path, spec_file: str, pristine: Files, tree: Worktree) -> Adoption:
    there = tree.read_all(pristine)
    edited = {
        path: _counts(pristine[path], file)
        for path, file in there.items()
        if not unedited(path, pristine[path], file)
    }
    return Adoption(
        root=root,
        spec_file=spec_file,
        same=len(there) - len(edited),
        edited=dict(sorted(edited.items())),
        missing=tuple(sorted(pristine.keys() - there.keys())),
    )


def _counts(before: File, after: File) -> tuple[int, int]:
    """Return the numbers of added and removed lines."""
    old, new = text_of(before.content), text_of(after.content)
    if old is None or new is None:
        return 0, 0
    found = hunks(old.lines, new.lines)
    added = sum(hunk.new_end - hunk.new_start for hunk in found)
    return added, sum(hunk.end - hunk.start for hunk in found)


def _base(rendering: Rendering, left_out: tuple[str, ...]) -> Files:
    """Return the files of the base without the pristine files in `left_out`."""
    if not left_out:
        return rendering.base_files()
    out = set(left_out)
    files = {
        part: {path: file for path, file in of_part.items() if path not in out}
        for part, of_part in rendering.files.items()
    }
    base = replace(rendering, files=files).base_files()
    return {path: file for path, file in base.items() if path != RENDER_CACHE}  # it would be wrong
