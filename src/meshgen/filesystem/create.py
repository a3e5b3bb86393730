"""The only stage that writes to the user's disk: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File, Files


def refuse_occupied(target: Path) -> None:
    """Raise MeshgenError unless `target` is free: absent, or an empty folder."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise MeshgenError(f"{target} exists and is not a folder", hint="choose another --output")
    if target.is_dir() and any(target.iterdir()):
        raise MeshgenError(
            f"{target} is not empty", hint="choose another name or --output; nothing was written"
        )


def write_new(target: Path, files: Files) -> None:
    """Write `files` (path below `target` -> content) as a new folder, by one rename at the end.

    Raises MeshgenError if `target` is occupied or the disk refuses; killed or failed, it leaves
    nothing behind.
    """
    refuse_occupied(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _staging(target) as staging:
            for path, file in files.items():
                _write(staging / path, file)
            # rename(2) replaces an empty folder, and fails on one that was filled meanwhile.
            os.replace(staging, target)
    except OSError as error:
        raise MeshgenError(f"cannot write {target}: {error.strerror or error}") from error


def _write(path: Path, file: File) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.content)
    path.chmod(0o755 if file.executable else 0o644)


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """A hidden folder beside `target` (the same file system, so that it can be renamed)."""
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.meshgen-", dir=target.parent))
    staging.chmod(0o755)
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _watched(staging):
            yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        signal.signal(signal.SIGTERM, previous)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _watched(staging: Path) -> Iterator[None]:
    """Have a child remove `staging` if this process is killed: SIGKILL runs no `finally`."""
    if not hasattr(os, "fork"):
        yield
        return
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writer)
        os.setsid()
        os.read(reader, 1)  # returns when the parent is gone or has finished
        shutil.rmtree(staging, ignore_errors=True)
        os._exit(0)
    os.close(reader)
    try:
        yield
    finally:
        os.close(writer)
        os.waitpid(child, 0)
