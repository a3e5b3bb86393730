"""`meshgen update` and `diff`: apply a change of the spec, or of meshgen, to a project.

Both render (theirs) and merge with the base and the working tree (ours); `update` writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from meshgen.filesystem.transaction import (
    Edit,
    Recovered,
    Step,
    apply,
    locked,
    no_step,
    recover,
    refuse_interrupted,
)
from meshgen.filesystem.worktree import Worktree
from meshgen.merge import Change, Outcome, merge_trees
from meshgen.output.fingerprint import engine
from meshgen.output.overlays import OVERLAYS, digest_of, read_overlays
from meshgen.output.templates import is_cache
from meshgen.progress import Progress, silent
from meshgen.project.base import Base, Rendering, digest, read_base
from meshgen.project.conflicts import refuse_unresolved
from meshgen.project.edits import base_edits, file_edits, spec_edits
from meshgen.project.locate import own_spec
from meshgen.project.render_cache import RENDER_CACHE, read_render_cache
from meshgen.project.state import FOLDER
from meshgen.spec.diagnostics import Finding, SpecError

if TYPE_CHECKING:
    from meshgen.operations.generate import Generate


class DataLossError(SpecError):
    """A spec that is incompatible with stored data; `findings` name every change."""

    def __init__(self, path: str, spec: bytes, losses: tuple[Finding, ...]) -> None:
        super().__init__(path, spec.decode("utf-8", "replace"), losses)
        count = f"{len(losses)} change{'s' if len(losses) != 1 else ''}"
        self.message = f"{path}: {count} incompatible with stored data; nothing was written"
        self.hint = "pass --accept-data-loss to apply them anyway"
        self.args = (f"{self.message}; {self.hint}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What an update did, or would do.

    Attributes:
        root: The project folder.
        changes: The changed files, without those in `.meshgen/`.
        edits: Everything that is written.
        rendered: The names of the parts that were rendered.
        left: The user's own files in folders of removed units.
        losses: The changes that are incompatible with stored data.
        spec_file: The spec, relative to `root`.
        notices: What new policies and sagas do about past events.
        recovered: What was rolled back of an interrupted update.
        written: Whether the edits were written.
    """

    root: Path
    changes: tuple[Change, ...] = ()
    edits: tuple[Edit, ...] = ()
    rendered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    losses: DataLossError | None = None
    spec_file: str = ""
    notices: tuple[Finding, ...] = ()
    recovered: Recovered = field(default_factory=Recovered)
    written: bool = False

    @property
    def undecided(self) -> tuple[Change, ...]:
        """The changes that need a decision by the user."""
        return tuple(change for change in self.changes if change.open)

    @property
    def nothing(self) -> bool:
        """Whether the project is up to date."""
        return all(edit.path == RENDER_CACHE for edit in self.edits) and not self.changes


def update(
    root: Path,
    *,
    spec: bytes | None = None,
    write: bool = True,
    accept_data_loss: bool = False,
    progress: Progress = silent,
    step: Step = no_step,
    generate: Generate | None = None,
) -> Update:
    """Update the project in `root` to its spec and this version of meshgen.

    Args:
        root: The project folder.
        spec: The content of a new spec that replaces the project's.
        write: Whether to write the result. A dry run does not recover an interrupted update: it
            is refused.
        accept_data_loss: Whether to apply changes that are incompatible with stored data.
        progress: Called for every stage.
        step: Called before every change of the disk.
        generate: Renders the project, by default with meshgen's templates.

    Raises:
        SpecError: The spec has findings; nothing was written.
        DataLossError: The spec is incompatible with stored data; nothing was written.
        MeshgenError: The project cannot be updated; nothing was written.
    """
    with locked(root / FOLDER):
        if write:
            recovered = recover(root, step)
        else:
            refuse_interrupted(root)
            recovered = Recovered()
        base = read_base(root)
        tree = Worktree(root)
        refuse_unresolved(base)
        wanted = spec if spec is not None else own_spec(base)
        rendering = _render(base, wanted, progress, generate)
        losses = _losses(base, rendering)
        if losses and write and not accept_data_loss:
            raise losses
        changes = _merged(base, tree, rendering)
        spec_file = rendering.spec_file if rendering else base.state.spec_file
        of_spec = [*spec_edits(root, base, spec_file, wanted)]
        edits = [*of_spec, *file_edits(changes, tree)]
        if rendering:
            edits += base_edits(base, tree, rendering)
        if write:
            progress("writing")
            apply(root, edits, step)
    return Update(
        root=root,
        changes=(*map(_spec_change, of_spec), *changes),
        edits=tuple(edits),
        rendered=tuple(rendering.files) if rendering else (),
        left=_left(base, rendering, edits) if rendering else (),
        losses=losses,
        spec_file=spec_file,
        notices=rendering.notices if rendering else (),
        recovered=recovered,
        written=write,
    )


def _render(
    base: Base, spec: bytes, progress: Progress, generate: Generate | None
) -> Rendering | None:
    """Render `spec`; None if the result is known to be what the base holds."""
    cache = read_render_cache(base.root)
    overlays = read_overlays(base.root / OVERLAYS)
    same = base.current(digest(spec))
    if same and cache.renders(engine(), base.digest(spec), digest_of(overlays), base.state.parts):
        return None
    if generate is None:
        # Imported here: most updates have nothing to do.
        from meshgen.operations.generate import generate as generate_project

        generate = generate_project
    path = str(base.root / base.state.spec_file)
    return generate(path, spec, progress, base=base, cache=cache, overlays=overlays)


def _merged(base: Base, tree: Worktree, rendering: Rendering | None) -> tuple[Change, ...]:
    """Merge every path that is rendered differently from the base."""
    if rendering is None:
        return ()
    gone = base.state.parts.keys() - rendering.fingerprints.keys()
    before = base.all_files([*rendering.files, *gone])
    after = {path: file for of_part in rendering.files.values() for path, file in of_part.items()}
    moved = {path: former for path, former in rendering.moved.items() if former in before}
    alike = {path for path in before.keys() & after.keys() if before[path] == after[path]}
    alike -= moved.keys() | set(moved.values())
    if rendering.names.new:
        alike = set()  # edits of unchanged files may use renamed identifiers
    paths = before.keys() | after.keys()
    return merge_trees(
        {path: before[path] for path in before.keys() - alike},
        tree.read_all(sorted(paths - alike)),
        {path: after[path] for path in after.keys() - alike},
        moved,
        rendering.names,
    )


def _losses(base: Base, rendering: Rendering | None) -> DataLossError | None:
    if rendering is None or not rendering.losses:
        return None
    path = str(base.root / base.state.spec_file)
    return DataLossError(path, rendering.spec, rendering.losses)


def _spec_change(edit: Edit) -> Change:
    """Describe an edit of the spec as a change."""
    if edit.after is None:
        outcome = Outcome.DELETED
    else:
        outcome = Outcome.CREATED if edit.before is None else Outcome.UPDATED
    return Change(path=edit.path, outcome=outcome, file=edit.after)


def _left(base: Base, rendering: Rendering, edits: Sequence[Edit]) -> tuple[str, ...]:
    """Return the files that remain in the folders of removed units."""
    gone = base.state.parts.keys() - rendering.fingerprints.keys()
    removed = {edit.path for edit in edits if edit.after is None}
    files = (path for part in gone for path in (base.root / part).rglob("*") if path.is_file())
    paths = {file.relative_to(base.root).as_posix() for file in files}
    return tuple(sorted(path for path in paths - removed if not is_cache(tuple(path.split("/")))))
