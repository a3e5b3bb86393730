"""Locate a project and its spec.

The spec of a project is the file that the state names, even if its `name` was changed. In any other
folder it is the only YAML file with the key `meshgen`.
"""

from __future__ import annotations

from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File
from meshgen.merge import merge_file
from meshgen.project.base import Base, read_base
from meshgen.project.state import SPEC, STATE
from meshgen.spec.yaml.load import decoded, load, read_bytes, read_text


def find_project(given: Path | None) -> Path:
    """Return the project folder: `given`, or the nearest folder with a base, upwards from here."""
    if given is not None:
        if not given.is_dir():
            raise MeshgenError(f"there is no folder {given}")
        return given
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / STATE).exists()), here)


def find_spec(spec: Path | None, project: Path | None) -> Path:
    """Return the spec file: `spec`, or the one in `project`, or in the current project.

    Raises:
        MeshgenError: There is no spec, or more than one.
    """
    if spec is not None and project is not None:
        raise MeshgenError("--spec and --project cannot be combined", "pass one of them")
    if spec is not None:
        return spec
    found = spec_in(find_project(project))
    here = Path.cwd()
    return found.relative_to(here) if found.is_relative_to(here) else found


def spec_in(folder: Path) -> Path:
    """Return the spec of the project in `folder`, or the only spec in a folder without one.

    Raises:
        MeshgenError: There is no spec, or more than one.
    """
    if (folder / STATE).exists():
        found = folder / read_base(folder).state.spec_file
        _refuse_odd(found)
        return found
    return lone_spec(folder)


def lone_spec(folder: Path) -> Path:
    """Return the only spec in `folder`, regardless of a base.

    Raises:
        MeshgenError: There is no spec, or more than one.
    """
    found = sorted(path for path in folder.glob("*.y*ml") if path.is_file() and _is_spec(path))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise MeshgenError(f"there are several specs in {folder}: {names}", "pass --spec")
    if not found:
        hint = "pass --spec, or --project with the folder of the spec"
        raise MeshgenError(f"there is no spec in {folder}", hint)
    return found[0]


def project_of(path: Path) -> Path | None:
    """Return the project folder of the spec `path`, None if it is not part of a project."""
    folder = path.parent
    return folder if (folder / STATE).exists() and spec_in(folder).name == path.name else None


def own_spec(base: Base) -> bytes:
    """Return the current content of a project's spec."""
    path = base.root / base.state.spec_file
    _refuse_odd(path)
    try:
        return read_bytes(path)
    except MeshgenError as error:
        hint = f"if it was renamed, rename it back; {SPEC} is a copy of the last applied spec"
        raise MeshgenError(f"the project's spec is missing: {error.message}", hint) from None


def applied_text(path: Path) -> str | None:
    """Return the spec that the project of `path` was last updated to, if any."""
    project = project_of(path)
    return decoded(SPEC, read_base(project).spec()) if project else None


def spec_from(root: Path, path: Path) -> bytes:
    """Return the spec in the file `path`, merged with the user's edits to the project's spec.

    Raises:
        MeshgenError: Both changed the same lines since the last update.
    """
    base = read_base(root)
    wanted = read_bytes(path)
    ours = root / base.state.spec_file
    if not ours.exists():
        return wanted
    texts = base.spec(), own_spec(base), wanted
    merged = merge_file(ours.name, *(File(text) for text in texts))
    if not merged.clean:
        raise MeshgenError(
            f"{ours} and {path} change the same lines since the last update",
            hint=f"update without --spec first, or merge the two into {ours.name}",
        )
    return merged.file.content


def _refuse_odd(path: Path) -> None:
    """Raise MeshgenError if a project's spec is a pipe or a device, which may never end."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise MeshgenError(f"{path} is not a regular file", "put the spec there")


def _is_spec(path: Path) -> bool:
    """Tell whether a file is a spec: it has the key `meshgen`."""
    try:
        root, _ = load(read_text(path))
    except MeshgenError:
        return False
    return root is not None and any(entry.key.text == "meshgen" for entry in root.entries)
