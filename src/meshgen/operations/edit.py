"""From an edit to the disk: what is written when a spec has changed."""

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
from meshgen.project.locate import project_of
from meshgen.refactor.errors import RefusedEditError
from meshgen.refactor.validation import BOM
from meshgen.spec.yaml.load import read_text


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
