"""Where a project is, and what `--spec` means for it."""

from __future__ import annotations

from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File
from meshgen.merge import merge_file
from meshgen.project.base import read_base
from meshgen.project.state import STATE
from meshgen.spec.yaml.load import read_bytes


def find_project(given: Path | None) -> Path:
    """The project's root: `given`, else the nearest folder with a base, from here upwards."""
    if given is not None:
        if not given.is_dir():
            raise MeshgenError(f"there is no folder {given}")
        return given
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / STATE).exists()), here)


def spec_from(root: Path, path: Path) -> bytes:
    """The spec in the file `path`, merged with what was changed in the project's own spec.

    Raises MeshgenError if both changed the same lines since the last update.
    """
    base = read_base(root)
    wanted = read_bytes(path)
    ours = root / base.state.spec_file
    if not ours.exists():
        return wanted
    texts = base.spec(), read_bytes(ours), wanted
    merged = merge_file(ours.name, *(File(text) for text in texts))
    if not merged.clean:
        raise MeshgenError(
            f"{ours} and {path} change the same lines since the last update",
            hint=f"update without --spec first, or merge the two into {ours.name}",
        )
    return merged.file.content
