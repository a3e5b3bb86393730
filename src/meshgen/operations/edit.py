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
from meshgen.project.locate import project_of
from meshgen.refactor.errors import RefusedEditError
from meshgen.refactor.validation import BOM
from meshgen.spec.yaml.load import read_text


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
