"""From an edit to the disk: which spec it is, and what is written when it has changed."""

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
    """An edit that was made, or would be.

    project: the folder that the spec belongs to, None if it is no project
    update: how the project was brought up to date with the spec, None if it was not
    """

    path: Path
    before: str
    after: str
    project: Path | None
    update: Update | None
    written: bool

    def diff(self) -> list[str]:
        """The lines of a unified diff, with their line breaks."""
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
    """Change the spec in the file `path`, and the project it belongs to.

    Without `write` only say how. Raises MeshgenError when the file cannot be read or written,
    RefusedEditError when the edit is refused; nothing is written then.
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
    """The spec file: `spec`, else the one of `project`, else the one of the project around here.

    Raises MeshgenError when there is none, or when it cannot be told which.
    """
    if spec is not None and project is not None:
        raise MeshgenError("--spec and --project are both given", "the spec says where it is")
    if spec is not None:
        return spec
    folder = project or _around_here()
    if not folder.is_dir():
        raise MeshgenError(f"there is no folder {folder}")
    found = sorted(path for path in folder.glob("*.yaml") if _is_spec(path))
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(path.name for path in found)
        raise MeshgenError(f"there are several specs in {folder}: {names}", "give --spec")
    hint = "give --spec, or --project with the folder that has it"
    raise MeshgenError(f"there is no spec in {folder}", hint)


def project_of(path: Path) -> Path | None:
    """The project whose spec `path` is."""
    folder = path.parent
    return folder if (folder / STATE).is_dir() and _is_spec(path) else None


def applied_text(path: Path) -> str | None:
    """The spec that the project of `path` was last updated to, None when it is no project."""
    project = project_of(path)
    copy = project / STATE / "spec.yaml" if project else None
    return read_text(copy) if copy and copy.is_file() else None


def _around_here() -> Path:
    """The nearest folder with a project, else this one."""
    here = Path.cwd()
    found = next((folder for folder in (here, *here.parents) if (folder / STATE).is_dir()), here)
    return Path() if found == here else found


def _is_spec(path: Path) -> bool:
    """Whether a file is named like the system it describes: `shop.yaml` with `name: shop`."""
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
    """Put `after` in the place of `before`, whole or not at all."""
    target = path.resolve()  # a link goes on being one
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(after.encode())
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, target.stat().st_mode & 0o7777)
        if target.read_bytes() != before.encode():
            raise MeshgenError(f"{path} was changed by somebody else meanwhile", "try it again")
        os.replace(temporary, target)
        temporary = ""
    except OSError as error:
        raise MeshgenError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
