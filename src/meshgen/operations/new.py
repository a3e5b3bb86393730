"""`meshgen new`: generate a new project from a spec."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.filesystem.create import refuse_occupied, write_new
from meshgen.filesystem.files import File
from meshgen.operations.generate import generate
from meshgen.output.overlays import OVERLAYS, Overlays, read_overlays
from meshgen.progress import Progress, silent
from meshgen.spec.yaml.load import read_bytes

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Created:
    """A new project, or its dry run.

    Attributes:
        target: The project folder.
        files: The paths and sizes in bytes of its files.
        written: Whether the files were written.
    """

    target: Path
    files: tuple[tuple[str, int], ...]
    written: bool


def create(
    target: Path,
    spec_path: Path,
    *,
    templates: Path | None = None,
    dry_run: bool = False,
    progress: Progress = silent,
) -> Created:
    """Generate the project of `spec_path` into `target`, a new folder or an empty one.

    Args:
        target: The project folder.
        spec_path: The spec file.
        templates: A folder of the user's own templates; the project gets a copy of them.
        dry_run: Whether to skip writing the files.
        progress: Called with the name of each stage.

    Raises:
        SpecError: The spec has findings; nothing was written.
        MeshgenError: The folder is not empty, has an invalid name or cannot be written; nothing
            was written.
    """
    if not target.is_dir() and not _NAME.fullmatch(target.name):
        raise MeshgenError(
            f"{target.name!r} is not a valid folder name",
            hint="use up to 63 letters, digits, `-`, `_` and `.`",
        )
    refuse_occupied(target)
    spec = read_bytes(spec_path)
    overlays = _overlays(templates) if templates else {}
    rendering = generate(str(spec_path), spec, progress, overlays=overlays)
    rendered = {path: file for part in rendering.files.values() for path, file in part.items()}
    spec_file = {rendering.spec_file: File(spec)}
    own = {
        f"{OVERLAYS}/{overlay.template}/{path}": File(content)
        for overlay in overlays.values()
        for path, content in overlay.files.items()
    }
    files = dict(sorted((rendered | rendering.base_files() | spec_file | own).items()))
    if not dry_run:
        progress("writing")
        write_new(target, files)
    sizes = tuple((path, len(file.content)) for path, file in files.items())
    return Created(target, sizes, written=not dry_run)


def _overlays(folder: Path) -> Overlays:
    """The templates in `folder`. Raises MeshgenError if there is none."""
    overlays = read_overlays(folder)
    if not overlays:
        raise MeshgenError(
            f"{folder} holds no templates",
            hint="a folder for each, such as service/template; `meshgen templates list` names them",
        )
    return overlays
