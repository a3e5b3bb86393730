"""The files of a project on disk, read without following links out of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from meshgen.errors import MeshgenError
from meshgen.filesystem.files import File
from meshgen.filesystem.regular import content_of


class Worktree:
    """Reads files below `root`, each by its path with `/` between the parts."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[str, bool] = {"": True, ".": True}

    def read(self, path: str) -> File | None:
        """Return the file at `path`, None if there is none.

        Raises:
            MeshgenError: A folder above it is a symbolic link, or it is not a file.
        """
        if not self.has_folder(path.rpartition("/")[0]):
            return None
        place = self.root / path
        try:
            mode = place.lstat().st_mode
            if stat.S_ISLNK(mode):
                return File(os.fsencode(os.readlink(place)), link=True)
            if stat.S_ISREG(mode):
                return File(content_of(place), bool(mode & 0o100))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MeshgenError(f"{path} cannot be read: {error.strerror or error}") from error
        what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise MeshgenError(f"{path} is {what}, but should be a file", hint="move it away")

    def read_all(self, paths: Iterable[str]) -> dict[str, File]:
        """What is there of `paths`."""
        found = ((path, self.read(path)) for path in paths)
        return {path: file for path, file in found if file is not None}

    def refuse_blocked(self, path: str) -> None:
        """Raise MeshgenError if `path` cannot be a file, since one above it is a file."""
        for parent in PurePosixPath(path).parents:
            place = self.root / parent
            if place.is_symlink() or (place.exists() and not place.is_dir()):
                raise MeshgenError(f"{parent} is a file, but meshgen needs a folder there")

    def has_folder(self, folder: str) -> bool:
        """Whether there is such a folder.

        Raises:
            MeshgenError: It, or a folder above it, is a symbolic link.
        """
        if folder not in self._known:
            above, _, _ = folder.rpartition("/")
            self._known[folder] = self.has_folder(above) and self._is_folder(folder)
        return self._known[folder]

    def _is_folder(self, folder: str) -> bool:
        try:
            mode = (self.root / folder).lstat().st_mode
        except FileNotFoundError:
            return False
        if stat.S_ISLNK(mode):
            raise MeshgenError(
                f"{folder} is a symbolic link: meshgen does not write outside of the project",
                hint="replace it by a folder",
            )
        return stat.S_ISDIR(mode)
