"""Apply an edit to a spec file and to the project it belongs to."""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from meshgen.errors import MeshgenError
from meshgen.operations.update import Update
from meshgen.operations.update import update as bring_up_to_date
from meshgen.refactor.errors import RefusedEditError
from meshgen.refactor.validation import BOM
from meshgen.spec.yaml.load import load, read_text
from meshgen.spec.yaml.tree import Scalar

STATE = ".meshgen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """An edit of a spec file, or its dry run.

    Attributes:
        path: The spec file.
        before: Its text before the edit.
        after: Its text after the edit.
        project: The project folder of the spec, None if the spec is not part of a project.
        update: The resulting update of the project, None if there was none.
        written: Whether the edit was written.
    """

    path: Path
    before: str
    after: str
    project: Path | None
    update: Update | None
    written: bool

    def diff(self) -> list[str]:
        """Return the lines of a unified diff, including line breaks."""
        name = self.path.name
        lines = difflib.unified_diff(
            list(io.StringIO(self.before, newline="\n")),
            list(io.StringIO(self.after, newline="\n")),
            f"a/{name}",
            f"b/{name}",
        )
        missing = "\n\\ No newline at end of file\n"
        return [line if line.endswith("\n") else line + missing for line in lines]


def apply(
    path: Path, change: Callable[[str], str], *, write: bool, accept_data_loss: bool = False
) -> Applied:
    """Apply `change` to the spec in the file `path`, and update the project it belongs to.

    Args:
        path: The spec file.
        change: Maps the text of the spec to the edited text.
        write: Whether to write the result; otherwise this is a dry run.
        accept_data_loss: Whether to apply changes that are incompatible with stored data.

    Raises:
        MeshgenError: The file cannot be read or written; nothing was written.
        RefusedEditError: The edit is refused; nothing was written.
    """
    before = _text(path)
    try:
        after = change(before)
    except RefusedEditError as refused:
        raise refused.of(str(path)) from None
    project = project_of(path)
    update = None
    if write and after != before:
        if project is None:
            _replace(path, before, after)
        else:
            update = bring_up_to_date(
                project, spec=after.encode(), accept_data_loss=accept_data_loss
            )
    return Applied(
        path=path, before=before, after=after, project=project, update=update, written=write
    )


def find_spec(spec: Path | None, project: Path | None) -> Path:
    """Return the spec file: `spec`, or the one in `project`, or in the current project.

    Raises:
        MeshgenError: There is no spec, or more than one.
    """
    if spec is not None and project is not None:
        raise MeshgenError("--spec and --project cannot be combined", "pass one of them")
    if spec is not None:
        return spec
    folder = project or _nearest_project()
    if not folder.is_dir():
        raise MeshgenError(f"there is no folder {folder}")
    found = sorted(path for path in folder.glob("*.yaml") if _is_spec(path))
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(path.name for path in found)
        raise MeshgenError(f"there are several specs in {folder}: {names}", "pass --spec")
    hint = "pass --spec, or --project with the folder of the spec"
    raise MeshgenError(f"there is no spec in {folder}", hint)


def project_of(path: Path) -> Path | None:
    """Return the project folder of the spec `path`, None if it is not part of a project."""
    folder = path.parent
    return folder if (folder / STATE).is_dir() and _is_spec(path) else None


def applied_text(path: Path) -> str | None:
    """Return the text of the spec that the project of `path` was last updated to, if any."""
    project = project_of(path)
    copy = project / STATE / "spec.yaml" if project else None
    return read_text(copy) if copy and copy.is_file() else None


def _nearest_project() -> Path:
    """Return the nearest folder with a project, by default the current one."""
    here = Path.cwd()
    found = next((folder for folder in (here, *here.parents) if (folder / STATE).is_dir()), here)
    return Path() if found == here else found


def _is_spec(path: Path) -> bool:
    """Tell whether a file is named after its system: `shop.yaml` with `name: shop`."""
    try:
        root, _ = load(read_text(path))
    except MeshgenError:
        return False
    names = {e.key.text: e.value for e in root.entries} if root else {}
    name = names.get("name")
    return "meshgen" in names and isinstance(name, Scalar) and name.text == path.stem


def _text(path: Path) -> str:
    text = read_text(path)
    with path.open("rb") as file:
        return BOM + text if file.read(3) == BOM.encode() else text


def _replace(path: Path, before: str, after: str) -> None:
    """Replace the content `before` with `after` atomically."""
    target = path.resolve()  # a symbolic link is kept
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(after.encode())
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, target.stat().st_mode & 0o7777)
        if target.read_bytes() != before.encode():
            raise MeshgenError(f"{path} was changed by another program", "try again")
        os.replace(temporary, target)
        temporary = ""
    except OSError as error:
        raise MeshgenError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
