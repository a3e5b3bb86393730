"""Where a project is, and which file is its spec.

In a project the spec is the file that the state names: whatever stands in it, also when its `name`
has been changed. In any other folder it is the one YAML file with the key `meshgen`.
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
    """The project's root: `given`, else the nearest folder with a base, from here upwards."""
    if given is not None:
        if not given.is_dir():
            raise MeshgenError(f"there is no folder {given}")
        return given
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / STATE).exists()), here)


def find_spec(spec: Path | None, project: Path | None) -> Path:
    """The spec file: `spec`, else that of `project`, else that of the project around here.

    Raises:
        MeshgenError: There is none, or it cannot be told which.
    """
    if spec is not None and project is not None:
        raise MeshgenError("--spec and --project are both given", "the spec says where it is")
    if spec is not None:
        return spec
    found = spec_in(find_project(project))
    here = Path.cwd()
    return found.relative_to(here) if found.is_relative_to(here) else found


def spec_in(folder: Path) -> Path:
    """The spec of the project in `folder`, or the one spec that is there if it is no project.

    Raises:
        MeshgenError: There is none, or it cannot be told which.
    """
    if (folder / STATE).exists():
        return folder / read_base(folder).state.spec_file
    return lone_spec(folder)


def lone_spec(folder: Path) -> Path:
    """The one spec in `folder`, whatever a base says.

    Raises:
        MeshgenError: There is none, or there are several.
    """
    found = sorted(path for path in folder.glob("*.y*ml") if _is_spec(path))
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise MeshgenError(f"there are several specs in {folder}: {names}", "give --spec")
    if not found:
        hint = "give --spec, or --project with the folder that has it"
        raise MeshgenError(f"there is no spec in {folder}", hint)
    return found[0]


def project_of(path: Path) -> Path | None:
    """The project whose spec `path` is."""
    folder = path.parent
    return folder if (folder / STATE).exists() and spec_in(folder).name == path.name else None


def own_spec(base: Base) -> bytes:
    """The text of a project's spec, as it is now."""
    try:
        return read_bytes(base.root / base.state.spec_file)
    except MeshgenError as error:
        hint = f"it was renamed? then rename it back; {SPEC} is a copy, as it was applied last"
        raise MeshgenError(f"the project's spec is not there: {error.message}", hint) from None


def applied_text(path: Path) -> str | None:
    """The spec that the project of `path` was last updated to, None when it is no project."""
    project = project_of(path)
    return decoded(SPEC, read_base(project).spec()) if project else None


def spec_from(root: Path, path: Path) -> bytes:
    """The spec in the file `path`, merged with what was changed in the project's own spec.

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


def _is_spec(path: Path) -> bool:
    """Whether a file says that it is a spec: it begins with `meshgen: 1`."""
    try:
        root, _ = load(read_text(path))
    except MeshgenError:
        return False
    return root is not None and any(entry.key.text == "meshgen" for entry in root.entries)
