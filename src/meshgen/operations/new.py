"""`meshgen new`: generate a new project from a spec."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.filesystem.create import refuse_occupied, write_new
from meshgen.filesystem.files import File
from meshgen.operations.generate import generate
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
    name: str,
    spec_path: Path,
    output: Path,
    *,
    dry_run: bool = False,
    progress: Progress = silent,
) -> Created:
    """Generate the project of `spec_path` into the new folder `output / name`.

    Args:
        name: The name of the folder.
        spec_path: The spec file.
        output: The parent folder.
        dry_run: Whether to skip writing the files.
        progress: Called for every stage.

    Raises:
        SpecError: The spec has findings; nothing was written.
        MeshgenError: The folder is not empty or cannot be written; nothing was written.
    """
    if not _NAME.fullmatch(name):
        raise MeshgenError(
            f"{name!r} is not a valid folder name",
            hint="use up to 63 letters, digits, `-`, `_` and `.`; --output sets the parent folder",
        )
    target = output / name
    refuse_occupied(target)
    spec = read_bytes(spec_path)
    rendering = generate(str(spec_path), spec, progress)
    rendered = {path: file for part in rendering.files.values() for path, file in part.items()}
    spec_file = {rendering.spec_file: File(spec)}
    files = dict(sorted((rendered | rendering.base_files() | spec_file).items()))
    if not dry_run:
        progress("writing")
        write_new(target, files)
    sizes = tuple((path, len(file.content)) for path, file in files.items())
    return Created(target, sizes, written=not dry_run)
