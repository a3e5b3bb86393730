"""Write a new project, all or nothing."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import Files


def refuse_occupied(target: Path) -> None:
    """Raise MeshgenError unless `target` is free: absent, or an empty folder."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise MeshgenError(f"{target} exists and is not a folder", hint="choose another path")
    if target.is_dir() and any(target.iterdir()):
        raise MeshgenError(
            f"{target} is not empty", hint="choose another path; nothing was written"
        )


def write_new(target: Path, files: Files) -> None:
    """Write `files` (path below `target` -> content) as a new folder, or into an empty one.

    If it fails or is killed, nothing is left behind.

    Raises:
        MeshgenError: `target` is occupied, or the disk refuses.
    """
    refuse_occupied(target)
    try:
        if target.is_dir():
            _fill(target, files)
        else:
            _make(target, files)
    except OSError as error:
        raise MeshgenError(f"cannot write {target}: {error.strerror or error}") from error


def _make(target: Path, files: Files) -> None:
    """Create a new folder with a single rename."""
    missing = [folder for folder in target.parents if not folder.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)

    def undo() -> None:
        for folder in missing:
            with suppress(OSError):  # created by another program
                folder.rmdir()

    with _staging(target.parent, f".{target.name}.meshgen-", undo) as staging:
        _write_all(staging, files)
        # rename(2) replaces an empty folder, and fails on one that was filled meanwhile.
        os.replace(staging, target)


def _fill(target: Path, files: Files) -> None:
    """Fill an existing empty folder, which may be a working directory or mount point."""
    tops = sorted({path.partition("/")[0] for path in files})

    def undo() -> None:
        for top in tops:
            _remove(target / top)

    with _staging(target, ".meshgen-", undo) as staging:
        _write_all(staging, files)
        if os.listdir(target) != [staging.name]:
            raise OSError(errno.ENOTEMPTY, "it is not empty any more")
        for top in tops:
            os.rename(staging / top, target / top)
        staging.rmdir()


def _write_all(folder: Path, files: Files) -> None:
    for path, file in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content)
        place.chmod(0o755 if file.executable else 0o644)


@contextmanager
def _staging(folder: Path, prefix: str, undo: Callable[[], None]) -> Iterator[Path]:
    """A hidden folder in `folder`; unless all goes well, it is removed and `undo` is called."""
    staging = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    staging.chmod(0o755)
    previous = signal.signal(signal.SIGTERM, _interrupt)

    def clean() -> None:
        _remove(staging)
        undo()

    try:
        with _watched(clean):
            yield staging
    except BaseException:
        clean()
        raise
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _watched(clean: Callable[[], None]) -> Iterator[None]:
    """Have a child call `clean` if this process is killed: SIGKILL runs no `finally`."""
    if not hasattr(os, "fork"):
        yield
        return
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writer)
        os.setsid()
        if not os.read(reader, 1):  # the parent is gone, and has not said that it has finished
            clean()
        os._exit(0)
    os.close(reader)
    try:
        yield
    finally:
        os.write(writer, b".")
        os.close(writer)
        os.waitpid(child, 0)
